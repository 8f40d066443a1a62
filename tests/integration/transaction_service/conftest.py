"""A ledger's database of its own for each test; nothing else may run on it meanwhile."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
import zmq
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from zmq.utils import z85

from service_kit import mongo
from service_kit.steps import PlainSteps
from tests.integration.transaction_service.running_writer import RunningWriter
from tests.unit.transaction_service.ledgers import granting, opening, opening_the_world
from transaction_service.proof import Prover
from transaction_service.protocol import CurveKeys
from transaction_service.storage.collections import Collections
from transaction_service.storage.lease import Lease, LeaseKeeper
from transaction_service.storage.ledger import MongoLedger
from transaction_service.storage.reading import MongoReader
from transaction_service.storage.sweep import LedgerSweep


@pytest.fixture
def collections(mongo_url) -> Iterator[Collections]:
    """Empty, with its indexes; emptied again afterwards."""
    client = mongo.connect(mongo_url("transaction_service"), "test")
    made = Collections(client)
    _empty(made)
    made.set_up()
    yield made
    _empty(made)
    client.close()


def _empty(collections: Collections) -> None:
    for name in ("journal", "accounts", "transfers", "paid", "control", "republications", "contacts", "lookups"):
        collections.database[name].drop()


@pytest.fixture
def keeper(collections) -> LeaseKeeper:
    """A candidate for the lease."""
    return LeaseKeeper(collections, "writer-1", time.monotonic)


@pytest.fixture
def lease(keeper) -> Lease:
    """The lease, held by writer-1."""
    held = keeper.try_acquire()
    assert held is not None
    return held


@pytest.fixture
def ledger(collections) -> MongoLedger:
    return MongoLedger(collections)


@pytest.fixture
def reader(collections) -> MongoReader:
    return MongoReader(collections)


@pytest.fixture
def people(ledger, lease) -> None:
    """ann and bob, each with EUR 1,000.00, at positions 1 to 5."""
    from tests.unit.transaction_service.ledgers import NOW

    people = [opening(100, "ann"), granting(200, "ann"), opening(101, "bob"), granting(201, "bob")]
    ledger.commit(lease, [opening_the_world(1), *people], NOW)


@pytest.fixture(scope="session")
def curve() -> tuple[CurveKeys, CurveKeys]:
    """Keys of the writer and of the fronts."""
    (server, server_secret), (client, client_secret) = _pair(), _pair()
    return CurveKeys(server, server_secret, client), CurveKeys(client, client_secret, server)


def _pair() -> tuple[str, str]:
    public, secret = zmq.curve_keypair()
    return z85.decode(public).hex(), z85.decode(secret).hex()


@pytest.fixture
def free_ports() -> Callable[[int], list[int]]:
    """Gives as many ports as are asked for, free at this moment."""

    def find(count: int) -> list[int]:
        sockets = [socket.socket() for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        ports = [each.getsockname()[1] for each in sockets]
        for each in sockets:
            each.close()
        return ports

    return find


@pytest.fixture
def topic(kafka_bootstrap):
    """A topic of this test's own."""
    name = f"test-transactions-{uuid4()}"
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    admin.create_topics([NewTopic(name, 3, 1)])
    yield name
    admin.delete_topics([name])
    admin.close()


@pytest.fixture
def published(kafka_bootstrap, topic):
    """All records of the topic."""

    def read():
        consumer = KafkaConsumer(bootstrap_servers=kafka_bootstrap)
        partitions = [TopicPartition(topic, number) for number in range(3)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        records = []
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            for polled in consumer.poll(timeout_ms=1_000).values():
                records.extend(polled)
        consumer.close()
        return records

    return read


@pytest.fixture
def endpoints(free_ports):
    return [f"tcp://127.0.0.1:{port}" for port in free_ports(2)]


@pytest.fixture
def writers(collections, endpoints, curve, keeper, lease, people):
    """Two writers of which one holds the lease; started by `writers.start(n)`."""
    keeper.release(lease)
    running = []

    def start(number):
        running.append(RunningWriter(f"test-{number}", endpoints[number], collections, curve[0]))
        return running[-1]

    yield start
    for writer in running:
        writer.stop()


@pytest.fixture
def prove(collections):
    """The ledger's proof of itself, as `python -m transaction_service.verify` makes it."""
    return lambda: Prover(LedgerSweep(collections), PlainSteps(), time.monotonic, decide=True).prove()
