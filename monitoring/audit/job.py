"""The audit as a job: every few seconds one look at the ledger, at one moment of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Protocol

from monitoring.audit.accounts import Accounts
from monitoring.audit.breaches import Breach, Kind
from monitoring.audit.findings import Findings, Sighting
from monitoring.audit.first_seen import FirstSeen
from monitoring.audit.fold import Fold
from monitoring.audit.others import Paid, Projection, Transfers
from monitoring.audit.suspects import Suspects
from monitoring.metrics import AuditMetrics
from service_kit.clock import Clock

MOST_ACCOUNTS_NAMED = 1_000


@dataclass(frozen=True)
class Bounds:
    """How much a pass may do, so that an audit of a long history leaves the machine to others.

    A pass reads on towards the head for `catch_up_seconds` and leaves the rest to the next. A round of the sweep
    begins at most every `rest_seconds`, unless it may clear a breach.
    """

    chunk: int = 2_000
    catch_up_seconds: float = 2.0
    sweep_records: int = 5_000
    rest_seconds: float = 15.0
    accounts: int = 10_000
    others: int = 2_000


_BOUNDS = Bounds()


class View(Protocol):
    """The ledger at one moment."""

    def head(self) -> int: ...

    def records(self, after: int, limit: int) -> Iterable[tuple[Mapping[str, Any], bytes]]: ...

    def documents(self, name: str, after: object, limit: int) -> Sequence[Mapping[str, Any]]: ...

    def answered(self, positions: Sequence[int]) -> Mapping[int, tuple[str, Mapping[str, Any]]]: ...


class Ledger(Protocol):
    """Gives views, and tells of edits."""

    def view(self) -> AbstractContextManager[View]: ...

    def edited(self) -> Sequence[Any]:
        """The positions of the journal whose records were changed or removed since it was last asked."""


class Results(Protocol):
    """Keeps the latest findings for the status page."""

    def save(self, result: dict[str, Any]) -> None: ...


class LedgerAudit:
    """Folds what is new in the journal, folds its history again alongside, and holds the accounts against the fold.

    The second fold (the sweep) begins at the first record, goes a bounded number of records each pass, and when it has
    caught up takes the place of the first: so whatever was edited in the old history is found, and whatever was mended
    is forgotten, after a round of the sweep at the latest. What is edited while it runs MongoDB tells of at once.
    """

    name = "audit"
    period_seconds = 3.0

    def __init__(
        self, ledger: Ledger, results: Results, metrics: AuditMetrics, clock: Clock, bounds: Bounds = _BOUNDS
    ) -> None:
        self._ledger = ledger
        self._results = results
        self._metrics = metrics
        self._clock = clock
        self._bounds = bounds
        self._first_seen = FirstSeen()
        self._fold = Fold(self._first_seen)
        self._suspects = Suspects(self._first_seen)
        self._sweep: Fold | None = None
        self._sweep_began = clock.monotonic()
        self._sweep_finished_at: datetime | None = None
        self._accounts = Accounts()
        self._others = (Projection(Transfers()), Projection(Paid()))
        self._since: dict[tuple[Kind, str, int], datetime] = {}

    def run_once(self) -> None:
        """One pass. It has audited the ledger only if it came to the journal's head, which a first one may not."""
        began = self._clock.monotonic()
        edited = self._ledger.edited()
        self._metrics.edited(len(edited))
        with self._ledger.view() as view:
            self._suspects.look(view, edited)
            head = view.head()
            if not self._follow(view, head, began + self._bounds.catch_up_seconds):
                return
            self._sweep_on(view)
            self._compare(view)
        findings = self._findings(self._clock.now(), head)
        self._metrics.audited(findings, self._clock.monotonic() - began)
        self._results.save(findings.document())

    def _follow(self, view: View, head: int, deadline: float) -> bool:
        """Fold what is new; False where time was up before the head."""
        while _fold_chunk(self._fold, view, self._bounds.chunk) == self._bounds.chunk:
            if self._clock.monotonic() > deadline:
                return False
        self._fold.ends_before(head + 1)
        return True

    def _sweep_on(self, view: View) -> None:
        now = self._clock.monotonic()
        if self._sweep is None:
            # A round that may clear a breach isn't put off.
            if now - self._sweep_began < self._bounds.rest_seconds and not self._fold.breaches:
                return
            self._sweep, self._sweep_began = Fold(self._first_seen), now
        if _fold_chunk(self._sweep, view, self._bounds.sweep_records) < self._bounds.sweep_records:
            self._sweep.ends_before(self._fold.position + 1)
            self._fold, self._sweep = self._sweep, None
            self._sweep_finished_at = self._clock.now()

    def _compare(self, view: View) -> None:
        limit = self._bounds.accounts
        documents = view.documents("accounts", self._accounts.after, limit)
        self._accounts.compare(self._fold, documents, last=len(documents) < limit)
        limit = self._bounds.others
        for other in self._others:
            documents = view.documents(other.name, other.after, limit)
            other.compare(self._fold, documents, view.answered, last=len(documents) < limit)

    def _findings(self, now: datetime, head: int) -> Findings:
        folds = [fold for fold in (self._fold, self._sweep) if fold]
        of_others = chain.from_iterable(other.breaches.values() for other in self._others)
        of_accounts = [*chain.from_iterable(self._accounts.breaches.values()), *of_others]
        drifted = {breach.account for breach in of_accounts if breach.kind is Kind.DRIFT}
        surplus = self._fold.position - head
        return Findings(
            at=now,
            position=self._fold.position,
            accounts=self._accounts.count,
            currencies=self._accounts.money_created(self._fold),
            sightings=self._sightings(now, folds, of_accounts, _beyond_the_head(head, surplus)),
            drifted=len(drifted),
            negative=sum(1 for breach in of_accounts if breach.kind is Kind.NEGATIVE),
            chain_broken=len(self._suspects.accounts.union(*(fold.broken for fold in folds))),
            gaps=max(self._suspects.gaps, *(fold.counts[Kind.GAP] for fold in folds)) + surplus,
            sweep_position=self._sweep.position if self._sweep else self._fold.position,
            sweep_finished_at=self._sweep_finished_at,
        )

    def _sightings(
        self, now: datetime, folds: Sequence[Fold], of_accounts: Sequence[Breach], more: Iterable[Breach]
    ) -> list[Sighting]:
        """Every breach once, the one that has been there longest first."""
        of_folds = chain(self._suspects.breaches, *(fold.breaches.values() for fold in folds))
        breaches = {breach.place: breach for breach in chain(of_accounts[:MOST_ACCOUNTS_NAMED], of_folds, more)}
        self._since = {place: self._since.get(place, now) for place in breaches}
        return sorted((Sighting(b, self._since[place]) for place, b in breaches.items()), key=_oldest_first)


def _fold_chunk(fold: Fold, view: View, limit: int) -> int:
    count = 0
    for record, raw in view.records(fold.position, limit):
        fold.accept(record, raw)
        count += 1
    return count


def _beyond_the_head(head: int, surplus: int) -> Iterator[Breach]:
    """Records that the writer doesn't know of: made up, or the writer's head was put back (an old copy restored)."""
    if surplus > 0:
        yield Breach(Kind.GAP, "", head + 1, f"a journal that ends at {head}", f"read up to {head + surplus}", surplus)


def _oldest_first(sighting: Sighting) -> tuple[datetime, int, str, int]:
    breach = sighting.breach
    return sighting.first_seen_at, list(Kind).index(breach.kind), breach.account, breach.position
