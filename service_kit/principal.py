"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """A person, or a service (`user_id` is `client:<id>` then), as a token or a browser session proved it."""

    user_id: str
    username: str
    roles: tuple[str, ...]
    scopes: frozenset[str]
    session_id: str
