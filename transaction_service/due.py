"""What falls due by itself: holds expire, scheduled transfers are executed.

A thread of the worker looks which transfers' moments have come and asks the ledger for each. The keys are made of
the transfers' ids, and the ledger decides by its own clock, so that two workers, or one that starts again, do no harm.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol
from uuid import uuid5

from pymongo.errors import PyMongoError

from contracts.moments import rfc3339
from service_kit.logging import get_logger
from service_kit.outage_log import OutageLog
from service_kit.process import Progress, StopSignal
from transaction_service.domain import Act, FollowUp, Outcome
from transaction_service.domain.account import ACCOUNT_IDS
from transaction_service.ledger_client import LedgerClient, LedgerUnavailable
from transaction_service.metrics import DueMetrics
from transaction_service.protocol import OVERLOADED
from transaction_service.storage.due import Due

log = get_logger(__name__)

LOOK_SECONDS = 0.5
AT_ONCE = 200
PAYEES_AT_ONCE = 1_000
"""Of all transfers that are asked for together: the writer decides them in one piece, and they name no payees, by which
it could tell how much that is."""
_SETTLED = (Outcome.EXPIRED, Outcome.POSTED, Outcome.REJECTED)


class DueTransfers(Protocol):
    """Where it is seen what is due."""

    def due(self, at: str, limit: int) -> Sequence[Due]: ...


class DueLoop:
    """Looks every LOOK_SECONDS, until told to stop. Without the ledger or MongoDB nothing is lost: it stays due."""

    def __init__(
        self,
        ledger: LedgerClient,
        transfers: DueTransfers,
        metrics: DueMetrics,
        progress: Progress,
        now: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._transfers = transfers
        self._metrics = metrics
        self._progress = progress
        self._now = now
        self._outage = OutageLog(log, "due_transfers_wait", "due_transfers_go_on")

    def start(self, stop: StopSignal) -> threading.Thread:
        """Run in a thread of its own; `check` of its Progress tells whether it still comes round."""
        thread = threading.Thread(target=self.run, args=(stop,), name="due-transfers", daemon=True)
        thread.start()
        return thread

    def run(self, stop: StopSignal) -> None:
        """Settle what is due, again and again."""
        while not stop.is_set():
            try:
                full = self.settle()
            except (PyMongoError, LedgerUnavailable) as error:
                full = False
                self._outage.failed(error)
            else:
                self._outage.succeeded()
                self._progress.beat()
            if not full:
                stop.wait(LOOK_SECONDS)

    def settle(self) -> bool:
        """Ask the ledger about everything that is due, at most AT_ONCE (of PAYEES_AT_ONCE); whether there may be more.

        Raises:
            PyMongoError, LedgerUnavailable: what was not settled stays due.
        """
        at = rfc3339(self._now())
        waiting = self._transfers.due(at, AT_ONCE)
        self._metrics.waiting(self._now(), [transfer.at for transfer in waiting])
        due = list(_together(waiting))
        settled = 0
        for transfer, call in [(transfer, self._ledger.submit(_command(transfer))) for transfer in due]:
            status = self._ledger.wait(call).status
            if status == OVERLOADED:
                raise LedgerUnavailable(f"the ledger answered {status}")
            if status in _SETTLED:
                settled += 1
            elif status != Outcome.NOT_DUE:
                # One that the ledger can't decide must not hold up the others; it stays due, which is alerted.
                log.error("due_transfer_not_settled", transfer=transfer.id, answer=status)
            self._metrics.settled.labels(status).inc()
        return (len(waiting) == AT_ONCE or len(due) < len(waiting)) and settled > 0


def _together(waiting: Iterable[Due]) -> Iterator[Due]:
    """The first of them, and those after it that the writer can decide with it."""
    payees = 0
    for transfer in waiting:
        payees += transfer.payees
        if payees > PAYEES_AT_ONCE and payees > transfer.payees:
            return
        yield transfer


def _command(due: Due) -> FollowUp:
    act = Act.EXPIRE if due.status == "pending" else Act.EXECUTE
    key = f"{act}:{due.id}"
    return FollowUp(
        id=str(uuid5(ACCOUNT_IDS, key)), key=key, fingerprint="", act=act, transfer=due.id, actor=None, role="service"
    )
