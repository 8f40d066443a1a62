"""SIGSTOP of the ledger's active writer: the standby takes over, and the frozen one can't commit when it wakes."""

import itertools
import os
import signal
from collections.abc import Sequence

from pymongo import MongoClient

from bench.stacks import Platform
from tests.drills.alerts import Alert
from tests.drills.writers import the_writer


class FreezeWriter:
    """The process keeps its sockets and its open transaction, and says nothing."""

    name = "freeze-writer"
    alerts: Sequence[Alert] = (Alert("LedgerTakeover"),)
    silence_limit_s = 5.0

    def __init__(self) -> None:
        self._writer = 0

    def aim(self, platform: Platform) -> None:
        self._writer = platform.stack.pid(the_writer(platform))

    def inject(self) -> None:
        os.kill(self._writer, signal.SIGSTOP)

    def heal(self) -> None:
        """Wake it while the load still runs, so that it would commit if it could."""
        os.kill(self._writer, signal.SIGCONT)

    def findings(self, platform: Platform) -> list[str]:
        """One writer, and no position of an older epoch above one of a newer: the frozen one wrote nothing more."""
        the_writer(platform)
        return [*_epochs_out_of_order(platform.mongo_admin_url), *platform.unhealthy()]


def _epochs_out_of_order(mongo_admin_url: str) -> list[str]:
    group = {"_id": "$epoch", "first": {"$min": "$_id"}, "last": {"$max": "$_id"}}
    with MongoClient[dict[str, int]](mongo_admin_url) as client:
        journal = client["ledger"]["journal"]
        epochs = sorted(journal.aggregate([{"$group": group}]), key=lambda epoch: epoch["_id"])
    return [
        f"epoch {older['_id']} committed position {older['last']} after epoch {newer['_id']} began at {newer['first']}"
        for older, newer in itertools.pairwise(epochs)
        if older["last"] > newer["first"]
    ]
