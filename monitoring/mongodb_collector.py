"""The job `mongodb`: serverStatus, the replica set's state and the oplog, read with the role clusterMonitor."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pymongo
from pymongo import MongoClient, ReadPreference

from monitoring.store_metrics import MongoMetrics

PERIOD_SECONDS = 5.0
LIMIT_SECONDS = 3.0
MEBIBYTE = 1024 * 1024
PRIMARY = 1
OPERATIONS = ("insert", "query", "update", "delete", "getmore", "command")


class MongoCollector:
    """Asks whichever server answers, and passes on what it says."""

    name = "mongodb"
    period_seconds = PERIOD_SECONDS

    def __init__(
        self, client: MongoClient[dict[str, Any]], metrics: MongoMetrics, monotonic: Callable[[], float]
    ) -> None:
        """`monotonic` is a clock in seconds."""
        self._admin = client.get_database("admin", read_preference=ReadPreference.PRIMARY_PREFERRED)
        self._local = client.get_database("local", read_preference=ReadPreference.PRIMARY_PREFERRED)
        self._metrics = metrics
        self._monotonic = monotonic

    def run_once(self) -> None:
        """Ask once; raises PyMongoError where nobody answers, and then `mongodb_up` is 0."""
        try:
            # A frozen server keeps its connections: only a limit on the whole ends the wait.
            with pymongo.timeout(LIMIT_SECONDS):
                self._collect()
        except Exception:
            self._metrics.up.set(0)
            self._metrics.primary.set(0)
            self._metrics.replica_state.set(math.nan)
            self._metrics.ping.set(math.nan)
            raise
        self._metrics.up.set(1)

    def _collect(self) -> None:
        began = self._monotonic()
        self._ask("ping")
        self._metrics.ping.set(self._monotonic() - began)
        self._metrics.start_time.set(start_time(self._ask("hello")))
        self._server(self._ask("serverStatus"))
        replicas = self._ask("replSetGetStatus")
        self._metrics.replica_state.set(replicas["myState"])
        self._metrics.primary.set(replicas["myState"] == PRIMARY)
        oldest = self._local["oplog.rs"].find_one({}, {"ts": 1}, sort=[("$natural", 1)])
        newest = self._local["oplog.rs"].find_one({}, {"ts": 1}, sort=[("$natural", -1)])
        if oldest and newest:
            self._metrics.oplog_window.set(newest["ts"].time - oldest["ts"].time)

    def _ask(self, command: str) -> dict[str, Any]:
        return self._admin.command(command, read_preference=ReadPreference.PRIMARY_PREFERRED)

    def _server(self, status: dict[str, Any]) -> None:
        metrics = self._metrics
        for state in ("current", "available", "active"):
            metrics.connections.labels(state).set(status["connections"][state])
        for type in OPERATIONS:
            metrics.operations.says(status["opcounters"][type], type)
        for outcome in ("committed", "aborted"):
            metrics.transactions.says(status["transactions"][f"total{outcome.capitalize()}"], outcome)
        for kind in ("readers", "writers"):
            metrics.queued.labels(kind).set(status["globalLock"]["currentQueue"][kind])
        metrics.resident_bytes.set(status["mem"]["resident"] * MEBIBYTE)
        metrics.cache_bytes.set(status["wiredTiger"]["cache"]["bytes currently in the cache"])


def start_time(hello: dict[str, Any]) -> float:
    """The server's start, in Unix seconds, from `hello`: the same figure at every look, so that a change is a restart.

    The clock minus `uptimeMillis` differs by some milliseconds each time, and by minutes when the clock is set. The
    id that a server gives itself at its start doesn't, and an ObjectId begins with the time it was made:
    https://www.mongodb.com/docs/manual/reference/command/hello/ (topologyVersion.processId).
    """
    return hello["topologyVersion"]["processId"].generation_time.timestamp()
