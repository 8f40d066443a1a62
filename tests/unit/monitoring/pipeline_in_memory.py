"""A platform of lists: a journal, a topic, an inbox and a lake; each loses and doubles what a test wants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from monitoring.asking import SourceAway
from monitoring.reconciliation.holes import Hole
from monitoring.reconciliation.minutes import Book, Cell, Figures, Minute
from monitoring.reconciliation.sightings import Sightings
from monitoring.reconciliation.topic_tail import Origin

START = datetime.fromisoformat("2026-01-02T03:04:00+00:00")


class JournalInMemory:
    """Records are (time, notifications); their positions count from 1. `cursor`: where the relay stands, if not at the
    end; `at_once`: of so many positions `cells` tells."""

    def __init__(self) -> None:
        self.records: list[tuple[datetime, int]] = []
        self.at_once = 1_000
        self.failure: Exception | None = None
        self.cursor: int | None = None

    def add(self, at: datetime, notifications: int) -> int:
        self.records.append((at, notifications))
        return len(self.records)

    def head(self) -> int:
        if self.failure:
            raise self.failure
        return len(self.records)

    def cells(self, after: int, upto: int | None = None) -> list[Cell]:
        """One a record: more cells than seconds are fine."""
        last = min(len(self.records) if upto is None else upto, after + self.at_once)
        rest = enumerate(self.records[after:last], after)
        return [Cell(position, position + 1, at, 1, min(1, n), n) for position, (at, n) in rest]

    def published(self) -> int:
        return self.head() if self.cursor is None else self.cursor

    def origin(self, now: datetime) -> Origin:
        return Origin(0, None)


class StageInMemory:
    """What a service has: how many of each position. Its coverage is asked as the real one's is."""

    def __init__(self) -> None:
        self.has: Counter[int] = Counter()
        self.away = False
        self.questions: list[tuple[int, int]] = []

    def __call__(self, after: int, upto: int) -> Figures:
        if self.away:
            raise SourceAway("service", "it cannot be reached")
        self.questions.append((after, upto))
        counts = [count for position, count in self.has.items() if after < position <= upto and count]
        return Figures(len(counts), sum(counts))


class TailInMemory:
    """A topic that is read at once; `unread` messages are left when a test says so."""

    def __init__(self) -> None:
        self.topic: list[int] = []
        self.unread = 0
        self.failure: Exception | None = None
        self.offsets: dict[int, int] = {0: 0}
        self.sightings = Sightings(0)

    def begin(self, origin: Origin) -> None:
        self.offsets = {0: 0}
        self.sightings = Sightings(origin.position)

    def resume(self, offsets: Mapping[int, int], sightings: Sightings) -> None:
        self.offsets = dict(offsets)
        self.sightings = sightings

    def read(self, seconds: float) -> int:
        if self.failure:
            raise self.failure
        for position in self.topic[self.offsets[0] :]:
            self.sightings.saw(position)
        self.offsets[0] = len(self.topic)
        return self.unread


class StoreInMemory:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.minutes: dict[datetime, Minute] = {}
        self.tail: tuple[dict[int, int], Sightings] | None = None

    def load(self) -> tuple[Book, dict[int, int], Sightings] | None:
        if self.tail is None or not self.minutes:
            return None
        offsets, sightings = self.tail
        opened = [each for _, each in sorted(self.minutes.items()) if each.settled_at is None]
        book = Book(max(each.upto for each in self.minutes.values()), opened)
        return book, dict(offsets), Sightings(sightings.floor, sightings.to_lists())

    def save(self, minutes: list[Minute]) -> None:
        self.minutes |= {each.minute: each for each in minutes}

    def save_tail(self, offsets: dict[int, int], sightings: Sightings) -> None:
        self.tail = (dict(offsets), Sightings(sightings.floor, sightings.to_lists()))

    def oldest_after(self) -> int:
        return min((each.after for each in self.minutes.values()), default=0)

    def drop_open(self) -> None:
        self.minutes = {at: each for at, each in self.minutes.items() if each.settled_at}
        self.tail = None


class RelayInMemory:
    """Publishes again at once: whoever passed an event over has it then, but for what is `refused`.

    It has `away` instead of an answer when a test says so.
    """

    def __init__(self, pipeline: PipelineInMemory) -> None:
        self._pipeline = pipeline
        self.away = False
        self.lag: float | None = 0.0
        self.refused: set[int] = set()
        self.orders: list[Hole] = []

    def order(self, hole: Hole) -> None:
        if self.away:
            raise SourceAway("transaction_service", "it answered 409")
        self.orders.append(hole)
        for position in {*range(hole.first, hole.last + 1)} - self.refused:
            self._pipeline.arrive(position)


class PipelineInMemory:
    """All of it."""

    def __init__(self) -> None:
        self.relay = RelayInMemory(self)
        self.journal = JournalInMemory()
        self.tail = TailInMemory()
        self.inbox = StageInMemory()
        self.lake = StageInMemory()
        self.store = StoreInMemory()

    def happen(self, notifications: int, second: float) -> int:
        """A record that reaches everything; returns its position."""
        position = self.journal.add(START + timedelta(seconds=second), notifications)
        self.arrive(position)
        return position

    def arrive(self, position: int) -> None:
        """It is on the topic, and whoever lacks it takes it."""
        if position not in self.tail.topic:
            self.tail.topic.append(position)
        self.inbox.has[position] = self.journal.records[position - 1][1]
        self.lake.has[position] = 1
