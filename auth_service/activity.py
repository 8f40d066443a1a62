"""The audit log as people read it: on their profile, in the API, on the page of administrators."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from auth_service.domain import NOBODY, OPERATOR, PLATFORM, Recorded
from auth_service.ports import Trail

TEXTS = {
    "user.registered": _l("Account created"),
    "session.started": _l("Logged in"),
    "log_in.failed": _l("Failed attempt to log in"),
    "session.ended": _l("Session ended"),
    "sessions.ended": _l("Sessions ended"),
    "refresh_token.reused": _l("A used token came back; its session was ended"),
    "role.granted": _l("Role given"),
    "role.taken": _l("Role taken"),
    "session.stepped_up": _l("Second factor proven again"),
    "second_factor.enabled": _l("Second factor set up"),
    "second_factor.disabled": _l("Second factor removed"),
    "second_factor.failed": _l("Wrong code of the second factor"),
    "second_factor.recovery_used": _l("Recovery code used"),
    "second_factor.recovery_renewed": _l("New recovery codes made"),
    "email_change.asked": _l("Change of e-mail address asked for"),
    "email_change.agreed": _l("Change of e-mail address agreed to"),
    "email_change.withdrawn": _l("Change of e-mail address withdrawn"),
    "email.changed": _l("E-mail address changed"),
    "email.confirmed": _l("E-mail address confirmed"),
    "password.changed": _l("Password changed"),
    "password.refused": _l("Wrong password given in an open session"),
    "user.locked": _l("Account locked"),
    "user.unlocked": _l("Account unlocked"),
    "user.closed": _l("Account closed"),
    "data.exported": _l("Data exported"),
}
ACTORS = {OPERATOR: _l("by an operator"), PLATFORM: _l("by the platform"), NOBODY: _l("by somebody unknown")}


_CURSOR = re.compile(r"[0-9]{1,12}")


def is_cursor(text: str) -> bool:
    """Whether it may be the `next_cursor` of a page, as the API's document describes it."""
    return _CURSOR.fullmatch(text) is not None


@dataclass(frozen=True)
class ActivityPage:
    """Some acts, the newest first; `next_cursor` is None at the end."""

    acts: list[dict[str, Any]]
    next_cursor: str | None


def activity_page(
    trail: Trail, user_id: str, limit: int, cursor: str | None = None, *, names_others: bool = False
) -> ActivityPage:
    """A page of what was done to the user's account.

    Who isn't the reader is an "administrator", unless `names_others`, for administrators themselves: then their id.
    """
    found = trail.of(user_id, limit + 1, int(cursor) if cursor else None)
    acts = [_told(each, names_others) for each in found[:limit]]
    return ActivityPage(acts, str(acts[-1]["seq"]) if len(found) > limit else None)


def _told(recorded: Recorded, names_others: bool) -> dict[str, Any]:
    entry, whence = recorded.entry, recorded.whence
    by = "self" if entry.by == entry.user_id else entry.by
    if by not in ("self", *ACTORS) and not names_others:
        by = "administrator"
    return {
        "seq": entry.seq,
        "kind": entry.kind,
        "at": entry.at,
        "by": by,
        "details": dict(entry.details),
        "address": whence.address if whence else None,
        "device": whence.device if whence else None,
    }
