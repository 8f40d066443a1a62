"""A relay in a process of its own, to be killed and frozen: `python -m ... MONGO_URL BROKERS TOPIC NAME [N]`.

With N it freezes itself, as SIGSTOP from outside would, when it has read position N and not yet published it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry

from service_kit import mongo
from service_kit.clock import SystemClock
from service_kit.kafka import Producer
from service_kit.metrics import MessagingMetrics
from service_kit.process import Progress
from transaction_service.metrics import RelayMetrics
from transaction_service.publishing import BATCH_MAX
from transaction_service.relay import Relay
from transaction_service.storage.collections import Collections
from transaction_service.storage.cursor import MongoCursor
from transaction_service.storage.lease import PUBLISHING, Lease, LeaseKeeper
from transaction_service.storage.reading import MongoReader
from transaction_service.topic_tail import positions_after


class FreezingReader(MongoReader):
    """Stops the whole process once, with a batch in hand."""

    freeze_at = 0

    def to_publish(self, after: int, limit: int) -> list[dict[str, Any]]:
        records = super().to_publish(after, limit)
        if self.freeze_at and any(record["_id"] == self.freeze_at for record in records):
            self.freeze_at = 0
            os.kill(os.getpid(), signal.SIGSTOP)
        return records


class TellingKeeper(LeaseKeeper):
    """Says on stdout that it has looked at the lease for the first time."""

    told = False

    def try_acquire(self) -> Lease | None:
        lease = super().try_acquire()
        if not self.told:
            self.told = True
            print("looked", flush=True)  # noqa: T201 - the test reads it
        return lease


def main(mongo_url: str, brokers: str, topic: str, name: str, freeze_at: str = "0") -> None:
    """Run until SIGTERM."""
    collections = Collections(mongo.connect(mongo_url, name))
    reader = FreezingReader(collections)
    reader.freeze_at = int(freeze_at)
    registry = CollectorRegistry()
    relay = Relay(
        TellingKeeper(collections, name, time.monotonic, PUBLISHING),
        reader,
        MongoCursor(collections),
        Producer(brokers, name, MessagingMetrics(registry), topics=(topic,)),
        partial(positions_after, brokers, topic, depth=BATCH_MAX),
        lambda: None,
        RelayMetrics(registry),
        Progress(SystemClock()),
        topic=topic,
    )
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    relay.run(stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
