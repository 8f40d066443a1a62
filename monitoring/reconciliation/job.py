"""The job `reconciliation`: each minute of the journal against the topic, the inboxes and the lake, until they agree.

The journal says what must be there; the topic is read, the services are asked. What is missing is counted from the
moment it is in the journal, so a few records are always on their way: `reconciliation_oldest_missing_age_seconds`
tells those from a loss. A stage that can't be asked keeps what was last found there while the journal goes on, so its
missing count grows, and the run fails besides. While the journal itself can't be followed, a stage that lacks nothing
of what was read of it may lack something all the same, so its figures are NaN. What a stage has lost is asked for again
(`repairer`), which changes nothing about how it is counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

import structlog
from kafka.errors import KafkaError
from pymongo.errors import PyMongoError

from monitoring.asking import SourceAway
from monitoring.reconciliation.metrics import STAGES, ReconciliationMetrics
from monitoring.reconciliation.minutes import Book, Cell, Figures, Minute
from monitoring.reconciliation.repairer import Repairer
from monitoring.reconciliation.sightings import Sightings
from monitoring.reconciliation.survey import Ask, Survey, oldest_in_order
from monitoring.reconciliation.topic_tail import Origin, TopicTorn
from service_kit.clock import Clock

log = structlog.get_logger(__name__)

PERIOD_SECONDS = 5.0
READ_SECONDS = 4.0
"""For the journal and for the topic, each: what is further behind goes on in the next run."""
AWAY = (SourceAway, KafkaError, PyMongoError)


class Journal(Protocol):
    """What must be there. Each raises PyMongoError."""

    def head(self) -> int: ...

    def cells(self, after: int) -> list[Cell]: ...

    def origin(self, now: datetime) -> Origin: ...


class Tail(Protocol):
    """What is on the topic; see TopicTail."""

    offsets: dict[int, int]
    sightings: Sightings

    def begin(self, origin: Origin) -> None: ...

    def resume(self, offsets: Mapping[int, int], sightings: Sightings) -> None: ...

    def read(self, seconds: float) -> int: ...


class Store(Protocol):
    """The memory; see ReconciliationStore. Each raises PyMongoError."""

    def load(self) -> tuple[Book, dict[int, int], Sightings] | None: ...

    def save(self, minutes: list[Minute]) -> None: ...

    def save_tail(self, offsets: dict[int, int], sightings: Sightings) -> None: ...

    def oldest_after(self) -> int: ...

    def drop_open(self) -> None: ...


class NotReconciled(Exception):
    """The run could not compare everything; the message says what was in the way."""


class Reconciliation:
    """Belongs to one thread."""

    name = "reconciliation"
    period_seconds = PERIOD_SECONDS

    def __init__(
        self,
        journal: Journal,
        tail: Tail,
        services: Mapping[str, Ask],
        store: Store,
        repairer: Repairer,
        metrics: ReconciliationMetrics,
        clock: Clock,
    ) -> None:
        """`services`: how to ask `notified` and `in_lake`."""
        self._journal = journal
        self._tail = tail
        self._store = store
        self._repairer = repairer
        self._metrics = metrics
        self._clock = clock
        self._asks = {"published": self._published, **services}
        self._surveys = [Survey(stage, self._asks[stage]) for stage in STAGES]
        self._book: Book | None = None
        self._settled: list[Minute] = []
        self._topic_is_read = False
        self._phantoms = 0
        self._failures: dict[str, str] = {}

    def run_once(self) -> None:
        """Compare once, show and remember.

        Raises:
            NotReconciled: something could not be asked or read to its end; the figures are as good as they can be.
            PyMongoError: our own memory is away, or there is none of the journal yet.
        """
        book = self._book or self._begin()
        self._failures = {}
        with self._noting("journal"):
            self._follow(book)
        with self._noting("topic"):
            self._read_topic()
        for survey in self._surveys:
            with self._noting(survey.stage):
                survey.run(book.minutes)
        with self._noting("repair"):
            self._repairer.run(book.minutes, self._asks, self._unknown_stages())
        self._settled += book.settle(self._clock.now())
        for survey in self._surveys:
            self._show(survey, book)
        self._metrics.open_minutes.set(len(book.minutes))
        self._remember(book)
        if self._failures:
            raise NotReconciled("; ".join(f"{what}: {why}" for what, why in self._failures.items()))

    @contextmanager
    def _noting(self, what: str) -> Iterator[None]:
        try:
            yield
        except AWAY as error:
            self._failures[what] = str(error) or type(error).__name__

    def _begin(self) -> Book:
        known = self._store.load()
        if known is None:
            return self._begin_anew()
        self._book, offsets, sightings = known
        self._tail.resume(offsets, sightings)
        log.info("reconciliation_goes_on", position=self._book.position, open_minutes=len(self._book.minutes))
        return self._book

    def _begin_anew(self) -> Book:
        origin = self._journal.origin(self._clock.now())
        self._store.drop_open()
        self._tail.begin(origin)
        self._book = Book(origin.position)
        self._topic_is_read = False
        log.info("reconciliation_begins", position=origin.position)
        return self._book

    def _follow(self, book: Book) -> None:
        head = self._journal.head()
        # What the topic had a moment ago was in the journal before.
        self._phantoms = self._tail.sightings.above(head)
        if head < book.position:
            self._failures["journal"] = f"it ends at {head}, and had {book.position} before"
            return
        deadline = self._clock.monotonic() + READ_SECONDS
        while book.position < head:
            cells = self._journal.cells(book.position)
            if not cells:
                self._failures["journal"] = f"it has a hole after {book.position}, and goes on to {head}"
                return
            book.take(cells)
            if self._clock.monotonic() > deadline:
                self._failures["journal"] = f"{head - book.position} records still to be read"
                return

    def _read_topic(self) -> None:
        try:
            unread = self._tail.read(READ_SECONDS)
        except TopicTorn as error:
            log.error("topic_torn", error=str(error))
            self._begin_anew()
            raise NotReconciled(f"begun anew, since {error}") from error
        self._topic_is_read = not unread
        self._metrics.unread.set(unread)
        if unread:
            self._failures["topic"] = f"{unread} messages still to be read"

    def _published(self, after: int, upto: int) -> Figures:
        return self._tail.sightings.between(after, upto)

    def _unknown_stages(self) -> set[str]:
        return {"published" if what == "topic" else what for what in self._failures}

    def _show(self, survey: Survey, book: Book) -> None:
        stage = survey.stage
        missing, surplus = book.totals(stage)
        if stage == "published":
            surplus += self._tail.sightings.again() + self._phantoms
            if not self._topic_is_read:
                # A message that wasn't read yet isn't missing, and whether one is can't be said before.
                self._unknown(stage)
                return
        if "journal" in self._failures and not missing and not surplus:
            self._unknown(stage)
            return
        oldest = None
        if stage in self._failures:
            oldest = oldest_in_order(book.minutes, stage)
        else:
            with self._noting(stage):
                oldest = survey.oldest_missing(book.minutes)
        age = (self._clock.now() - oldest.cell.at).total_seconds() if oldest else 0.0
        self._metrics.missing.labels(stage).set(missing)
        self._metrics.surplus.labels(stage).set(surplus)
        self._metrics.oldest_missing_age.labels(stage).set(max(0.0, age))
        self._metrics.settled_position.labels(stage).set(oldest.cell.after if oldest else book.position)

    def _unknown(self, stage: str) -> None:
        for gauge in (self._metrics.missing, self._metrics.surplus, self._metrics.oldest_missing_age):
            gauge.labels(stage).set(math.nan)

    def _remember(self, book: Book) -> None:
        self._store.save(self._settled + book.minutes)
        self._settled = []
        if self._topic_is_read:
            self._tail.sightings.forget_upto(self._store.oldest_after())
            self._store.save_tail(self._tail.offsets, self._tail.sightings)
