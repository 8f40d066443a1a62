"""All that auth holds of a person, as one document (GDPR, articles 15 and 20)."""

from __future__ import annotations

from typing import Any

from auth_service.activity import activity_page
from auth_service.assembly import Auth
from auth_service.domain import whole_milliseconds

PAGE = 500


def export_of(auth: Auth, user_id: str) -> dict[str, Any]:
    """Profile, open sessions, the whole audit log; that it was asked for is its newest entry.

    Secrets aren't in it: a hash of a password or of a token says nothing of a person and something to a thief.
    Raises TooManyAttempts.
    """
    auth.guard.export(user_id)
    now = whole_milliseconds(auth.log_out.clock.now())
    auth.log_out.trails.record(auth.log_out.trails.act(user_id, "data.exported", now))
    user = auth.administer.person(user_id)
    names = ("id", "username", "email", "email_confirmed", "roles", "origin", "created_at")
    return {
        "exported_at": now,
        "profile": {name: getattr(user, name) for name in names},
        "sessions": [
            {
                "id": session.id,
                "device": session.device,
                "address": session.address,
                "door": session.door,
                "created_at": session.created_at,
                "last_used_at": session.last_seen_at,
                "ends_at": session.ends_at,
            }
            for session in auth.sessions.open_of(user_id, now)
        ],
        "activity": _all_acts(auth, user_id),
    }


def _all_acts(auth: Auth, user_id: str) -> list[dict[str, Any]]:
    acts: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = activity_page(auth.trail, user_id, PAGE, cursor)
        acts += page.acts
        cursor = page.next_cursor
        if cursor is None:
            return acts
