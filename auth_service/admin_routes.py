"""The API of administrators: people, what was done to their accounts, and what may be done about it.

Reading needs the scope `users:read`, changing `users:manage`.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from auth_service.activity import activity_page
from auth_service.assembly import Auth
from auth_service.document import operations
from auth_service.domain import Session, User
from contracts.access_token import STAFF_ROLES, Scope
from service_kit.auth import bearer_principal
from service_kit.errors import NotFound
from service_kit.operations import Operation
from service_kit.web import json_answer


class RoleNotFound(NotFound):
    """Only staff's roles are given and taken; `user` is everybody's."""

    code = "role_not_found"
    title = "There is no such role to give"


def admin_routes(auth: Auth) -> Blueprint:
    """Everything under /v1/admin."""
    routes = Blueprint("admin_api", __name__)
    _add_reading(routes, auth)
    _add_locks(routes, auth)
    _add_roles(routes, auth)
    return routes


def _add_reading(routes: Blueprint, auth: Auth) -> None:
    searching, getting = operations()["search_users"], operations()["get_user"]
    reading_activity = operations()["user_activity"]

    @searching.route(routes)
    def search_users() -> Response:
        bearer_principal(Scope.USERS_READ)
        asked = searching.parameters()
        limit = asked["limit"]
        found = auth.users.search(asked.get("q", "").strip(), limit + 1, asked.get("cursor", ""))
        more = found[limit - 1].username if len(found) > limit else None
        return json_answer({"users": [_told(user) for user in found[:limit]], "next_cursor": more})

    @getting.route(routes)
    def get_user(user_id: str) -> Response:
        bearer_principal(Scope.USERS_READ)
        getting.parameters()
        user = auth.administer.person(user_id)
        sessions = auth.sessions.open_of(user.id, auth.administer.clock.now())
        return json_answer({**_told(user), "sessions": [_session(session) for session in sessions]})

    @reading_activity.route(routes)
    def user_activity(user_id: str) -> Response:
        bearer_principal(Scope.USERS_READ)
        asked = reading_activity.parameters()
        user = auth.administer.person(user_id)
        page = activity_page(auth.trail, user.id, asked["limit"], asked.get("cursor"), names_others=True)
        return json_answer({"activity": page.acts, "next_cursor": page.next_cursor})


def _add_locks(routes: Blueprint, auth: Auth) -> None:
    locking, unlocking = operations()["lock_user"], operations()["unlock_user"]
    ending = operations()["end_user_sessions"]

    @locking.route(routes)
    def lock_user(user_id: str) -> Response:
        admin = _manager(locking)
        return json_answer(_told(auth.administer.lock(admin, user_id, locking.body()["reason"])))

    @unlocking.route(routes)
    def unlock_user(user_id: str) -> Response:
        return json_answer(_told(auth.administer.unlock(_manager(unlocking), user_id)))

    @ending.route(routes)
    def end_user_sessions(user_id: str) -> Response:
        return json_answer({"ended": auth.administer.end_sessions(_manager(ending), user_id)})


def _add_roles(routes: Blueprint, auth: Auth) -> None:
    giving, taking = operations()["give_role"], operations()["take_role"]

    @giving.route(routes)
    def give_role(user_id: str, role: str) -> Response:
        return json_answer(_told(auth.administer.give_role(_manager(giving), user_id, _staff_role(role))))

    @taking.route(routes)
    def take_role(user_id: str, role: str) -> Response:
        return json_answer(_told(auth.administer.take_role(_manager(taking), user_id, _staff_role(role))))


def _manager(operation: Operation) -> str:
    """The id of the administrator who asks for the operation."""
    admin = bearer_principal(Scope.USERS_MANAGE)
    operation.parameters()
    return admin.user_id


def _staff_role(role: str) -> str:
    if role not in STAFF_ROLES:
        raise RoleNotFound(f"Roles to give are: {', '.join(sorted(STAFF_ROLES))}.")
    return role


def _told(user: User) -> dict[str, Any]:
    """A person as administrators see them."""
    return {
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "email_confirmed": user.email_confirmed,
        "roles": user.roles,
        "origin": user.origin,
        "created_at": user.created_at,
        "state": user.state,
        "lock": {"reason": user.lock.reason, "at": user.lock.at, "by": user.lock.by} if user.lock else None,
    }


def _session(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "device": session.device,
        "address": session.address,
        "door": session.door,
        "created_at": session.created_at,
        "last_used_at": session.last_seen_at,
        "ends_at": session.ends_at,
    }
