"""The one writer: takes what has queued, decides it, commits it in one transaction, answers.

Run as `python -m transaction_service.ledger`, twice: one holds the lease, the other stands by. Whatever goes wrong
while committing, the answer is the same: give the lease up, take it again with the next epoch, and let the fronts
ask again by key. So an unknown outcome never becomes an answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime

import structlog
from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError

from service_kit import tracing
from service_kit.fail_points import OFF, FailPoints, Point
from service_kit.process import Progress, StopSignal
from transaction_service.domain import Answer
from transaction_service.inbox import Envelope, Inbox
from transaction_service.metrics import LedgerMetrics
from transaction_service.storage.lease import BEAT_SECONDS, Lease, LeaseKeeper, LeaseLostError
from transaction_service.storage.ledger import MongoLedger

log = structlog.get_logger(__name__)

BATCH_MAX = 1_000
LOOK_SECONDS = 0.15
DUPLICATE_KEY = 11000


class Writer:
    """Holds the lease or waits for it, until told to stop."""

    def __init__(
        self,
        keeper: LeaseKeeper,
        ledger: MongoLedger,
        open_inbox: Callable[[], Inbox],
        now: Callable[[], datetime],
        metrics: LedgerMetrics,
        progress: Progress,
        fail_points: FailPoints = OFF,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keeper = keeper
        self._ledger = ledger
        self._open_inbox = open_inbox
        self._now = now
        self._metrics = metrics
        self._progress = progress
        self._fail_points = fail_points
        self._monotonic = monotonic
        self._mongo_away = False

    def run(self, stop: StopSignal) -> None:
        """Take the lease whenever it is free, and write while it is held."""
        while not stop.is_set():
            lease = self._acquire()
            self._progress.beat()
            if lease is not None:
                self._hold(lease, stop)
            # Also after a lease that was lost: where reading works and committing doesn't, this must not spin.
            stop.wait(LOOK_SECONDS)

    def check(self) -> None:
        """A ready check: raises where MongoDB can't be asked who the writer is."""
        if self._mongo_away:
            raise RuntimeError("MongoDB does not answer")

    def _acquire(self) -> Lease | None:
        try:
            lease = self._keeper.try_acquire()
        except PyMongoError as error:
            if not self._mongo_away:
                log.error("lease_unreadable", error=_brief(error))
            self._mongo_away = True
            return None
        self._mongo_away = False
        return lease

    def _hold(self, lease: Lease, stop: StopSignal) -> None:
        log.info("lease_taken", epoch=lease.epoch, head=lease.head, took_over=lease.took_over)
        self._metrics.took_lease(lease.epoch, lease.took_over)
        try:
            with closing(self._open_inbox()) as inbox:
                self._serve(inbox, lease, stop)
            self._keeper.release(lease)
        except LeaseLostError as error:
            log.warning("lease_lost", epoch=lease.epoch, error=str(error))
        except PyMongoError as error:
            log.warning("commit_failed", epoch=lease.epoch, error=_brief(error))
        finally:
            self._metrics.gave_up_lease()
            lease.session.end_session()

    def _serve(self, inbox: Inbox, lease: Lease, stop: StopSignal) -> None:
        """Batch after batch. A commit beats by itself, but only one that writes: dry runs and repetitions don't."""
        beat_at = self._monotonic()
        while not stop.is_set():
            self._progress.beat()
            batch = inbox.take(BATCH_MAX, wait_ms=int(BEAT_SECONDS * 250))
            self._metrics.queue_depth.set(len(inbox))
            head = lease.head
            if batch:
                self._decide(inbox, lease, batch)
            if lease.head != head:
                beat_at = self._monotonic()
            elif self._monotonic() - beat_at >= BEAT_SECONDS:
                self._keeper.beat(lease)
                beat_at = self._monotonic()

    def _decide(self, inbox: Inbox, lease: Lease, batch: list[Envelope]) -> None:
        started = self._monotonic()
        with _spans(batch, lease):
            answers = self._commit_batch(lease, batch)
        self._fail_points.reached(Point.COMMITTED)
        inbox.answer(batch, answers)
        self._metrics.decided(batch, answers, started, self._monotonic())

    def _commit_batch(self, lease: Lease, batch: list[Envelope]) -> list[Answer | None]:
        try:
            return self._commit(lease, batch)
        except (LeaseLostError, PyMongoError):
            raise
        except Exception:
            # A fault of ours in one command must not take the others with it.
            log.exception("batch_failed", size=len(batch))
            return [self._commit_alone(lease, envelope) for envelope in batch]

    def _commit(self, lease: Lease, batch: list[Envelope]) -> list[Answer | None]:
        try:
            decision = self._ledger.commit(lease, [envelope.command for envelope in batch], self._now())
        except PyMongoError as error:
            if not _is_duplicate(error):
                raise
            # Either another writer took the position, which the beat tells, or the command itself can't be written.
            self._keeper.beat(lease)
            # Without the cause: its text holds the documents, and so accounts with amounts.
            raise UnwritableError(_brief(error)) from None
        self._metrics.committed(decision.records)
        return [*decision.answers]

    def _commit_alone(self, lease: Lease, envelope: Envelope) -> Answer | None:
        try:
            return self._commit(lease, [envelope])[0]
        except (LeaseLostError, PyMongoError):
            raise
        except Exception:
            log.exception("command_failed", command=type(envelope.command).__name__, command_id=envelope.command.id)
            return None


class UnwritableError(Exception):
    """MongoDB refuses the documents of a command for good (a unique index)."""


def _spans(batch: list[Envelope], lease: Lease) -> ExitStack:
    """A span for each sampled command of the batch, as a child of the request's, around the common commit."""
    spans = ExitStack()
    attributes = {"ledger.epoch": lease.epoch, "ledger.batch_size": len(batch)}
    for envelope in batch:
        parent = envelope.command.traceparent
        if tracing.is_sampled(parent):
            spans.enter_context(tracing.span("ledger decide and commit", attributes, parent=parent))
    return spans


def _is_duplicate(error: PyMongoError) -> bool:
    if isinstance(error, BulkWriteError):
        return any(mistake.get("code") == DUPLICATE_KEY for mistake in error.details.get("writeErrors", ()))
    return isinstance(error, DuplicateKeyError)


def _brief(error: PyMongoError) -> str:
    """What failed, without the documents that a bulk error quotes."""
    if isinstance(error, BulkWriteError):
        causes = {(mistake.get("code"), *mistake.get("keyPattern", ())) for mistake in error.details["writeErrors"]}
        return f"BulkWriteError {sorted(map(str, causes))}"
    return f"{type(error).__name__}: {str(error)[:200]}"


def main() -> int:
    """The process: see the module's docstring."""
    from transaction_service.wiring import run_ledger

    return run_ledger()


if __name__ == "__main__":
    raise SystemExit(main())
