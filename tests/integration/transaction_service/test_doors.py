"""A front and two doors of the test's own: whom commands are given to while writers come and go."""

from __future__ import annotations

import time

import pytest

from tests.unit.transaction_service.ledgers import following, paying, splitting
from tests.waiting import eventually
from transaction_service.domain import Answer, Outcome
from transaction_service.inbox import Inbox
from transaction_service.ledger_client import LedgerClient

DONE = Answer(Outcome.POSTED, {})


@pytest.fixture
def doors(endpoints, curve):
    """The second one stands for a writer that took over from a frozen one."""
    opened = [Inbox(endpoint, curve[0]) for endpoint in endpoints]
    yield opened
    for door in opened:
        door.close()


@pytest.fixture
def front(endpoints, curve, doors):
    client = LedgerClient(endpoints, curve[1], deadline_seconds=30)
    eventually(lambda: len(client._writers) == 2, what="both doors are connected")
    yield client
    client.close()


def test_what_a_leaving_writer_was_given_is_asked_of_the_one_that_is_there_already(front, doors):
    gone, there = doors
    calls = []
    for number in range(10):
        calls.append(front.submit(paying(number, "ann", "bob", 1)))
        # One message each, which the two doors get in turn.
        time.sleep(0.02)
    first = there.take(100, 1_000)
    assert 0 < len(first) < len(calls)
    there.answer(first, [DONE] * len(first))
    gone.close()
    doors.remove(gone)
    left = {call.request_id for call in calls} - {envelope.request_id for envelope in first}
    again = []

    def are_all_there():
        again.extend(there.take(100, 100))
        return left <= {envelope.request_id for envelope in again}

    eventually(are_all_there, what="what the other was given")
    there.answer(again, [DONE] * len(again))
    assert {front.wait(call).status for call in calls} == {Outcome.POSTED}


def test_a_batch_is_as_large_as_its_payees_are_many(endpoints, curve, doors):
    client = LedgerClient(endpoints[:1], curve[1])
    wide = [splitting(number, "ann", {f"payee-{n}": 1 for n in range(100)}) for number in range(5)]
    acts = [following(number, "void", "t", "ann") for number in range(5)]
    for command in (*wide, *acts):
        client.submit(command)
    sizes = []
    while sum(sizes) < 505:
        taken = doors[0].take(250, 1_000)
        sizes.append(sum(len(getattr(envelope.command, "payees", "1")) for envelope in taken))
    assert max(sizes) <= 250
    client.close()
