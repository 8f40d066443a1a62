"""The dead-letter topic: what could not be used is kept whole, with why, so that it can be looked at and put back."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from service_kit.clock import Clock
from service_kit.kafka.records import Header, Message, Record

PREFIX = "dlq_"
MAX_ERROR_CHARACTERS = 500


def dead_letters_of(topic: str) -> str:
    """The name of a topic's dead-letter topic."""
    return f"{topic}.dlq"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message and why it can't be used. `cause` is a service_kit.metrics.Cause."""

    message: Message
    cause: str
    error: str

    def record(self, group: str, clock: Clock) -> Record:
        """The record for the dead-letter topic.

        Key, value and headers are those of the message (its trace context among them); `dlq_` headers tell why,
        where it lay and when. Those of an earlier failure are replaced: a message that was put back and failed again
        tells of its last failure.
        """
        message = self.message
        told = {
            "cause": self.cause,
            "error": self.error[:MAX_ERROR_CHARACTERS],
            "topic": message.topic,
            "partition": str(message.partition),
            "offset": str(message.offset),
            "group": group,
            "time": clock.now().isoformat(),
        }
        kept: list[Header] = [(name, value) for name, value in message.headers if not name.startswith(PREFIX)]
        why: list[Header] = [(PREFIX + name, value.encode()) for name, value in told.items()]
        return Record(dead_letters_of(message.topic), message.key, message.value, kept + why)


@dataclass(frozen=True)
class DlqLimit:
    """When to stop believing that the messages are at fault.

    Reached while, of the last `window` messages (at least `minimum` seen), more than `share` went to the dead
    letters. A few bad messages never reach it; a new schema that nobody told us about does, before a topic is emptied
    into the dead letters.
    """

    window: int = 100
    share: float = 0.5
    minimum: int = 20

    def __post_init__(self) -> None:
        if not (0 < self.minimum <= self.window and 0 < self.share < 1):
            raise ValueError("0 < minimum <= window and 0 < share < 1 are needed")


class DlqWatch:
    """What became of the recent messages, held against a limit."""

    def __init__(self, limit: DlqLimit) -> None:
        self._limit = limit
        self._recent: deque[bool] = deque(maxlen=limit.window)
        self._dead = 0

    def saw(self, *, dead: bool) -> None:
        """Take note of one message."""
        if len(self._recent) == self._limit.window:
            self._dead -= self._recent[0]
        self._recent.append(dead)
        self._dead += dead

    @property
    def tripped(self) -> bool:
        """Whether most of the recent messages went to the dead letters."""
        seen = len(self._recent)
        return seen >= self._limit.minimum and self._dead > self._limit.share * seen

    def trial(self) -> DlqWatch:
        """A copy, to see what would be if."""
        copy = DlqWatch(self._limit)
        copy._recent.extend(self._recent)
        copy._dead = self._dead
        return copy

    def __str__(self) -> str:
        return f"{self._dead} of the last {len(self._recent)} messages went to the dead letters"
