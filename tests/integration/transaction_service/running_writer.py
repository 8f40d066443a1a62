"""A writer in a thread of the test's own process."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry

from service_kit.clock import SystemClock
from service_kit.process import Progress
from transaction_service.inbox import Inbox
from transaction_service.ledger import Writer
from transaction_service.metrics import LedgerMetrics
from transaction_service.storage.lease import LeaseKeeper
from transaction_service.storage.ledger import MongoLedger


class RunningWriter:
    """A writer in a thread, as `python -m transaction_service.ledger` runs it."""

    def __init__(self, name, endpoint, collections, keys):
        self.metrics = LedgerMetrics(CollectorRegistry(), "EUR")
        self._stop = threading.Event()
        writer = Writer(
            LeaseKeeper(collections, name, time.monotonic),
            MongoLedger(collections),
            lambda: Inbox(endpoint, keys),
            lambda: datetime.now(UTC),
            self.metrics,
            Progress(SystemClock()),
        )
        self._thread = threading.Thread(target=writer.run, args=(self._stop,))
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join()
