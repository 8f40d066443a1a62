"""Fronts and writers: real sockets, a real MongoDB, writers that come and go."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import orjson
import pytest

from tests.unit.transaction_service.ledgers import (
    an_id,
    changing,
    following,
    granting,
    holding,
    limiting,
    opening,
    paying,
    splitting,
)
from transaction_service.domain import Atomic, Outcome
from transaction_service.ledger_client import LedgerClient, LedgerUnavailable
from transaction_service.protocol import FAILED, CurveKeys


@pytest.fixture
def front(endpoints, curve):
    client = LedgerClient(endpoints, curve[1])
    yield client
    client.close()


def test_a_command_is_answered(writers, front):
    writers(0)
    reply = front.ask(paying(1, "ann", "bob", 1_250))
    assert (reply.status, reply.replayed) == (Outcome.POSTED, False)


def test_without_a_writer_the_front_waits_no_longer_than_its_deadline(endpoints, curve):
    client = LedgerClient(endpoints, curve[1], deadline_seconds=0.2)
    with pytest.raises(LedgerUnavailable):
        client.ask(paying(1, "ann", "bob", 1))
    client.close()


def test_a_command_sent_before_the_writer_came_is_answered_when_it_comes(writers, front):
    with ThreadPoolExecutor() as pool:
        reply = pool.submit(front.ask, paying(1, "ann", "bob", 1))
        writers(0)
        assert reply.result().status == Outcome.POSTED


def test_a_front_with_a_foreign_key_is_not_heard(writers, endpoints, curve):
    writers(0)
    stranger = CurveKeys(curve[0].public, curve[0].secret, curve[0].public)
    client = LedgerClient(endpoints, stranger, deadline_seconds=0.5)
    with pytest.raises(LedgerUnavailable):
        client.ask(paying(1, "ann", "bob", 1))
    client.close()


def test_a_command_that_cannot_be_written_fails_alone(writers, front, prove):
    writers(0)
    twin = opening(900, "ann")
    twin = type(twin)(**{f: getattr(twin, f) for f in twin.__slots__} | {"account": "other", "user_id": "other"})
    calls = [front.submit(command) for command in (paying(1, "ann", "bob", 1), twin, paying(2, "ann", "bob", 1))]
    assert [front.wait(call).status for call in calls] == [Outcome.POSTED, FAILED, Outcome.POSTED]
    assert prove().findings == []


def test_when_the_writer_changes_under_load_every_command_is_answered_once(writers, front, prove):
    first, second = writers(0), writers(1)
    commands = [
        paying(number, "ann" if number % 2 else "bob", "bob" if number % 2 else "ann", 1) for number in range(1, 401)
    ]
    with ThreadPoolExecutor(32) as pool:
        replies = [pool.submit(front.ask, command) for command in commands]
        while not any(reply.done() for reply in replies):
            time.sleep(0.001)
        (first if first.metrics.is_writer._value.get() else second).stop()
        assert {reply.result().status for reply in replies} == {Outcome.POSTED}
    proof = prove()
    assert proof.findings == []
    assert proof.head == 5 + len(commands)


def test_of_two_who_race_for_the_last_money_exactly_one_wins_each_of_a_thousand_times(writers, front, reader, prove):
    writers(0)
    racers = [f"racer-{number}" for number in range(1_000)]
    settle(front, [opening(1_000 + n, name) for n, name in enumerate(racers)], Outcome.OPENED)
    settle(front, [granting(3_000 + n, name, 7) for n, name in enumerate(racers)], Outcome.POSTED)
    races = [(paying(2 * n, name, "ann", 7), paying(2 * n + 1, name, "bob", 7)) for n, name in enumerate(racers, 1)]
    with ThreadPoolExecutor(32) as pool:
        replies = [[pool.submit(front.ask, command) for command in race] for race in races]
        results = [sorted(reply.result().status for reply in race) for race in replies]
    assert results == [[Outcome.POSTED, Outcome.REJECTED]] * len(races)
    balances = {account.username: account.posted for account in reader.each_account()}
    assert {balances[name] for name in racers} == {0}
    assert balances["ann"] + balances["bob"] == 200_000 + 7 * len(racers)
    assert prove().findings == []


def settle(front, commands, wanted):
    """Hand many commands over, no more at once than the writer queues."""
    for start in range(0, len(commands), 500):
        calls = [front.submit(command) for command in commands[start : start + 500]]
        assert {front.wait(call).status for call in calls} == {wanted}


def test_one_key_from_many_clients_at_once_is_one_transfer(writers, front, reader):
    writers(0)
    before = reader.head()
    commands = [replace(paying(1, "ann", "bob", 10), id=an_id(70_000 + number)) for number in range(32)]
    with ThreadPoolExecutor(32) as pool:
        replies = list(pool.map(front.ask, commands))
    assert sorted(reply.replayed for reply in replies) == [False] + [True] * 31
    assert len({reply.body for reply in replies}) == 1
    assert reader.head() == before + 1


def test_a_key_is_known_to_the_next_writer_too(writers, front):
    first = writers(0)
    reply = front.ask(paying(1, "ann", "bob", 10, key="k"))
    first.stop()
    writers(1)
    again = front.ask(replace(paying(2, "ann", "bob", 10, key="k")))
    assert (again.replayed, again.body) == (True, reply.body)
    assert front.ask(paying(3, "ann", "bob", 11, key="k")).status == Outcome.KEY_REUSED


def test_every_kind_of_command_crosses_the_wire(writers, front):
    writers(0)
    hold = orjson.loads(front.ask(holding(1, "ann", "bob", 500, expires_at="2999-01-01T00:00:00.000Z")).body)["id"]
    assert front.ask(following(1, "capture", hold, "bob", 300)).status == Outcome.CAPTURED
    assert front.ask(following(2, "refund", hold, "bob", 100)).status == Outcome.REFUNDED
    assert front.ask(changing(1, "freeze", "account-ann-EUR", "root", role="support")).status == Outcome.FROZEN
    assert front.ask(limiting(1, "account-bob-EUR", per_day=50)).status == Outcome.LIMITS_CHANGED
    batch = Atomic(an_id(80_000), (paying(2, "bob", "ann", 1), splitting(3, "bob", {"ann": 1})))
    assert front.ask(batch).status == Outcome.REJECTED
