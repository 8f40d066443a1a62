"""Granting a role: an operator makes a user an analyst, or lets them support others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from auth_service.domain import UnknownUser, User, whole_milliseconds
from auth_service.ports import Told, Users
from auth_service.use_cases.trails import Trails
from auth_service.use_cases.user_events import user_event
from service_kit.clock import Clock


@dataclass(frozen=True)
class GrantRole:
    """The role counts from the user's next log-in on, in an API session from its next refresh on; granting it again
    changes nothing and tells nobody.

    Raises UnknownUser.
    """

    users: Users
    clock: Clock
    new_id: Callable[[], str]
    trails: Trails

    def __call__(self, username: str, role: str) -> User:
        user = self.users.by_username(username)
        if user is None:
            raise UnknownUser(f"Nobody is called {username}.")
        if role in user.roles:
            return user
        changed = self.users.add_role(user.id, role, lambda after: self._told(after, role))
        if changed is None:
            raise UnknownUser(f"Nobody is called {username}.")
        return changed

    def _told(self, user: User, role: str) -> Told:
        now = whole_milliseconds(self.clock.now())
        event = user_event(user, "user.changed", event_id=self.new_id(), at=now, traceparent=None)
        return Told(self.trails.act(user.id, "role.granted", now, role=role), event)
