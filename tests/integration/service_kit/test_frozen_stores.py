"""What a readiness check costs when the store is frozen: it still takes connections, and never answers."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

from service_kit import mongo, redis_store

LESS_THAN_THE_DRIVERS_PATIENCE = 10.0
"""Seconds. Left to themselves the drivers wait for half a minute and for ever; ours is a second."""


@pytest.fixture
def frozen() -> Iterator[str]:
    """host:port of a server that the kernel connects clients to and that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_frozen_mongodb_is_known_without_the_drivers_patience(frozen: str) -> None:
    client = mongo.connect(f"mongodb://{frozen}/?directConnection=true", "tests")
    began = time.monotonic()

    with pytest.raises(PyMongoError):
        mongo.ping(client)

    assert time.monotonic() - began < LESS_THAN_THE_DRIVERS_PATIENCE
    client.close()


def test_a_frozen_redis_is_known_without_the_drivers_patience(frozen: str) -> None:
    client = redis_store.connect(f"redis://{frozen}/0", "tests")
    began = time.monotonic()

    with pytest.raises(RedisError):
        client.ping()

    assert time.monotonic() - began < LESS_THAN_THE_DRIVERS_PATIENCE
    client.close()
