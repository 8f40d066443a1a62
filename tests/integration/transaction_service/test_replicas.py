"""One key, many clients, two replicas of the web process: over HTTP, a real writer and a real MongoDB."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.unit.transaction_service.fronts import LedgerInMemory, application
from tests.unit.transaction_service.ledgers import a_ledger
from tests.unit.transaction_service.requests import code_of, post
from transaction_service.ledger_client import LedgerClient

PAYMENT = {"payee": "bob", "amount": 10, "currency": "EUR"}


class Door(LedgerInMemory):
    """Hands commands to the real writer; only its clock is of the tests."""

    def __init__(self, client: LedgerClient) -> None:
        super().__init__(a_ledger())
        self._client = client

    def ask(self, command):
        return self._client.ask(command)


@pytest.fixture
def replica(endpoints, curve):
    """Start a web process' application with a door of its own."""
    doors = []

    def start():
        doors.append(LedgerClient(endpoints, curve[1]))
        return application(Door(doors[-1]), first_id=500_000 + 1_000 * len(doors))

    yield start
    for door in doors:
        door.close()


def pay(app, key="lunch", **changed):
    return post(app.test_client(), "/v1/transfers", PAYMENT | changed, key=key)


def test_one_key_from_32_clients_at_two_replicas_is_one_transfer(writers, replica, reader):
    writers(0)
    replicas, before = [replica(), replica()], reader.head()
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda number: pay(replicas[number % 2]), range(32)))
    assert {answer.status_code for answer in answers} == {201}
    assert Counter(answer.headers.get("Idempotent-Replayed") for answer in answers) == {None: 1, "true": 31}
    assert len({answer.data for answer in answers}) == 1
    assert reader.head() == before + 1


def test_a_key_is_known_to_every_replica_after_all_were_started_again(writers, replica, reader):
    writer, before = writers(0), reader.head()
    first = pay(replica())
    writer.stop()
    writers(1)
    for app in (replica(), replica()):
        again, other = pay(app), pay(app, amount=11)
        assert (again.status_code, again.data) == (201, first.data)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert code_of(other) == (422, "idempotency_key_reused")
    assert reader.head() == before + 1


def test_a_decided_rejection_is_the_same_at_every_replica(writers, replica):
    writers(0)
    answers = [pay(app, amount=10_000_000) for app in (replica(), replica())]
    assert [code_of(answer) for answer in answers] == [(422, "insufficient_funds")] * 2
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, "true"]
    assert answers[0].json["transfer"] == answers[1].json["transfer"]
