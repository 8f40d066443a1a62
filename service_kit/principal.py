"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """A person, or a service (`user_id` is `client:<id>` then), as a token or a browser session proved it.

    `stepped_up_at`: Unix seconds of the last proof of a second factor; None for who has none.
    """

    user_id: str
    username: str
    roles: tuple[str, ...]
    scopes: frozenset[str]
    session_id: str
    stepped_up_at: int | None = None
