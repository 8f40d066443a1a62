"""A change of password."""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.domain.letter import MailLink


@dataclass(frozen=True)
class NewPassword:
    """What replaces a password: by who knew the `old` one (its hash), or by who had a `link`.

    `kept_session`: the one that goes on, a browser's as `new_session` by the cookie of `new_cookie_hash`; all others
    end, and with them what the browser's was until now: an old copy of it in a cache says the id that has ended.
    """

    user_id: str
    new_hash: str
    old_hash: str | None = None
    link: MailLink | None = None
    kept_session: str | None = None
    new_session: str | None = None
    new_cookie_hash: str | None = None
