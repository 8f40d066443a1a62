"""The ledger's journal, as its service gives it to others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

PAGE_MAX = 5_000
"""Events on a page, as the ledger's API allows."""


class JournalAwayError(Exception):
    """The ledger or auth doesn't answer, or not as expected; the message says which. The same may work later."""


@dataclass(frozen=True)
class JournalPage:
    """Events in order of position, without a gap, and the journal's last position as of then."""

    events: Sequence[dict[str, Any]]
    head: int


class Journal(Protocol):
    """Everything that the ledger decided, as the events that it published of it."""

    def events(self, after: int, limit: int) -> JournalPage:
        """The events above a position, at most `limit` (up to PAGE_MAX) of them; raises JournalAwayError."""
