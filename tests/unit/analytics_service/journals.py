"""A journal in memory, as the ledger's API gives it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analytics_service.ports.journal import JournalAwayError, JournalPage


class JournalInMemory:
    """Of events in order of position; the first `fails` questions go without an answer."""

    def __init__(self, events: Sequence[dict[str, Any]], fails: int = 0) -> None:
        self.all = list(events)
        self.fails = fails
        self.asked: list[tuple[int, int]] = []

    def events(self, after: int, limit: int) -> JournalPage:
        self.asked.append((after, limit))
        if self.fails:
            self.fails -= 1
            raise JournalAwayError("it is being restarted")
        following = [event for event in self.all if event["position"] > after]
        return JournalPage(following[:limit], self.all[-1]["position"] if self.all else 0)


class StepsHeard:
    """What was begun, and how much of it was done."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int]] = []
        self.done = 0

    def begin(self, step: str, total: int) -> None:
        self.begun.append((step, total))

    def advance(self, parts: int) -> None:
        self.done += parts
