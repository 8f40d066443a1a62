"""One way to connect to MongoDB: what is acknowledged is on a majority's journal, and nothing waits for ever."""

from __future__ import annotations

from typing import Any

import pymongo
from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, ExecutionTimeout, PyMongoError, WTimeoutError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

MongoDocument = dict[str, Any]
PING_SECONDS = 1.0
AWAY = (ConnectionFailure, ExecutionTimeout, WTimeoutError)
"""How the driver says that it is away: no server, no primary, no majority in time. All else is a bug."""


def connect(url: str, app_name: str, *, timeout_seconds: float | None = None) -> MongoClient[MongoDocument]:
    """A client for `url` (with user, authSource and replicaSet); `app_name` shows in the server's log and currentOp.

    It connects at first use, so that a process can start while the database is away. Datetimes are aware, in UTC.
    An operation raises `pymongo.errors.PyMongoError` after about 3 s without a server, and after 10 s where one is
    frozen; with `timeout_seconds`, which bounds each operation as a whole, after so long in either case.
    """
    return MongoClient(
        url,
        appname=app_name,
        tz_aware=True,
        connectTimeoutMS=2_000,
        serverSelectionTimeoutMS=3_000,
        socketTimeoutMS=10_000,
        # So often the driver also measures the round trip, and what has less time than that it doesn't even try: after
        # a cut of the network, the time that the cut took.
        heartbeatFrequencyMS=2_000,
        maxPoolSize=100,
        readConcernLevel=ReadConcern("majority").level,
        w="majority",
        journal=True,
        wTimeoutMS=5_000,
        timeoutMS=None if timeout_seconds is None else int(timeout_seconds * 1000),
    )


def ping(client: MongoClient[MongoDocument]) -> None:
    """For a readiness check: raises PyMongoError when no server answers within PING_SECONDS.

    A server that is frozen keeps its connections, so only a limit of ours on the whole (finding a server, connecting,
    waiting for the answer) keeps that promise.
    """
    with pymongo.timeout(PING_SECONDS):
        client.admin.command("ping")


def in_a_line(error: PyMongoError) -> str:
    """What an operator's command says of a failure: the driver's first words, without its view of every server."""
    return f"MongoDB: {str(error).partition(' (configured timeouts')[0].partition(', full error')[0]}"


MAJORITY = WriteConcern(w="majority", j=True, wtimeout=5_000)
"""For transactions, which take their own write concern."""
