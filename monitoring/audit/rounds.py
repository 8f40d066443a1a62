"""A collection gone through in rounds, some documents a pass, while others write to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Round:
    """What has been seen of the round under way; `after` is the id to go on from, None at its beginning."""

    def __init__(self) -> None:
        self.after: Any = None
        self._seen: set[str] = set()
        self._expected: set[str] | None = None

    def go_on(self, expected: Iterable[str]) -> None:
        """Before each pass. What is written while a round is under way is the next one's."""
        if self._expected is None:
            self._expected = set(expected)

    def see(self, id: Any) -> str:
        """The id as text: of a document that a hand put there it may be of any type."""
        self.after = id
        name = id if isinstance(id, str) else repr(id)
        self._seen.add(name)
        return name

    def end(self) -> tuple[set[str], set[str]]:
        """What was seen, and what was missing; a new round begins."""
        seen, missing = self._seen, (self._expected or set()) - self._seen
        self.after, self._seen, self._expected = None, set(), None
        return seen, missing
