"""The closed loop's promise: the same key again until there is a decision, and one entry in the book for it."""

import asyncio
from typing import Any

import pytest

from bench.load.book import Entry
from bench.load.client import Client, Wallet
from bench.load.connection import Connection, NoAnswer
from bench.load.job import BATCH, Intent, Person
from tests.unit.bench.service import HANG_UP, SILENCE, ScriptedService, answer, running

POSTED = answer(201, b'{"id": "t-1", "position": 7}')
REPLAYED = answer(201, b'{"id": "t-1", "position": 7}', b"Idempotent-Replayed: true")
AWAY = answer(503, b'{"code": "ledger_unavailable"}', b"Retry-After: 0")
REJECTED = answer(422, b'{"code": "insufficient_funds", "transfer": {"id": "t-2", "position": 8}}')
REFUSED = answer(400, b'{"code": "invalid_request"}')
ENDED = answer(401, b'{"code": "token_expired"}')
FAULT = answer(500, b'{"code": "internal_error"}')
INTENT = Intent(payer=0, key="key-1", body='{"amount": 1}')


def carry_out(*answers: bytes | None, intent: Intent = INTENT, **settings: Any) -> tuple[Entry, ScriptedService]:
    async def scenario() -> tuple[Entry, ScriptedService]:
        async with running(*answers) as service:
            wallet = Wallet([Person(username="ann", password="p", token="t")], service.url, timeout_s=1)
            client = Client(wallet, service.url, **({"timeout_s": 0.2, "give_up_s": 5} | settings))
            entry = await client.carry_out(intent)
            client.close()
            return entry, service

    return asyncio.run(scenario())


def keys(service: ScriptedService) -> list[bytes]:
    return [request.partition(b"Idempotency-Key: ")[2].partition(b"\r\n")[0] for request in service.requests]


def test_a_posted_transfer_is_accepted() -> None:
    entry, _ = carry_out(POSTED)

    assert (entry.outcome, entry.transfer_id, entry.position, entry.attempts) == ("accepted", "t-1", 7, 1)


@pytest.mark.parametrize(
    "lost", [HANG_UP, SILENCE, AWAY, b"nonsense\r\n\r\n"], ids=["hung up", "silent", "503", "no HTTP"]
)
def test_a_lost_answer_is_asked_for_by_the_same_key(lost: bytes | None) -> None:
    entry, service = carry_out(lost, REPLAYED)

    assert (entry.outcome, entry.transfer_id, entry.attempts) == ("accepted", "t-1", 2)
    assert keys(service) == [b"key-1", b"key-1"]
    assert entry.replays == 0, "a replay that answers a lost request is no deliberate repeat"


def test_a_fault_is_counted_and_settled_all_the_same() -> None:
    entry, _ = carry_out(FAULT, AWAY, POSTED)

    assert (entry.outcome, entry.faults, entry.answers_5xx) == ("accepted", 1, 2)


def test_a_rejection_that_was_decided_differs_from_a_request_that_was_refused() -> None:
    rejected, _ = carry_out(REJECTED)
    refused, _ = carry_out(REFUSED)

    assert (rejected.outcome, rejected.code, rejected.transfer_id) == ("rejected", "insufficient_funds", "t-2")
    assert (refused.outcome, refused.code, refused.transfer_id) == ("refused", "invalid_request", None)


def test_an_ended_token_is_renewed_and_the_key_sent_again() -> None:
    entry, service = carry_out(ENDED, answer(200, b'{"access_token": "new"}'), POSTED)

    assert entry.outcome == "accepted"
    assert b"Authorization: Bearer new" in service.requests[-1]


def test_without_a_decision_in_time_the_entry_stays_unsettled() -> None:
    entry, _ = carry_out(AWAY, give_up_s=0.3)

    assert entry.outcome == "unsettled"
    assert entry.attempts > 1


def test_a_repeat_must_be_answered_with_the_first_answer() -> None:
    twice = INTENT.model_copy(update={"repeats": 1})

    good, _ = carry_out(POSTED, REPLAYED, intent=twice)
    not_marked, _ = carry_out(POSTED, POSTED, intent=twice)
    other, _ = carry_out(
        POSTED, answer(201, b'{"id": "t-9", "position": 9}', b"Idempotent-Replayed: true"), intent=twice
    )

    assert (good.replays, good.wrong_replays) == (1, 0)
    assert (not_marked.replays, not_marked.wrong_replays) == (0, 1)
    assert (other.replays, other.wrong_replays) == (0, 1)


def test_a_step_about_a_transfer_goes_to_its_own_path() -> None:
    capture = INTENT.model_copy(update={"path": "/v1/transfers/t-1/capture"})
    entry, service = carry_out(answer(200, b'{"id": "t-1", "position": 8}'), intent=capture)

    assert service.requests[0].startswith(b"POST /v1/transfers/t-1/capture ")
    assert (entry.outcome, entry.told) == ("accepted", {"t-1": 8})


def test_a_batch_is_sent_again_until_each_item_is_decided_and_tells_of_every_transfer() -> None:
    booked = b'{"status": 201, "transfer": {"id": "t-%d", "position": %d}}'
    refused = b'{"status": 422, "problem": {"code": "unknown_payee", "transfer": {"id": "t-3", "position": 9}}}'
    partly = b'{"results": [%b, {"status": 503, "problem": {}}]}' % (booked % (1, 7))
    whole = b'{"results": [%b, %b, %b]}' % (booked % (1, 7), booked % (2, 8), refused)
    entry, service = carry_out(
        answer(200, partly), answer(200, whole), intent=Intent(payer=0, key=None, path=BATCH, body="{}")
    )

    assert len(service.requests) == 2
    assert (entry.outcome, entry.attempts, entry.told) == ("accepted", 2, {"t-1": 7, "t-2": 8, "t-3": 9})


def test_nobody_listening_is_no_answer() -> None:
    async def scenario() -> None:
        async with running(POSTED) as service:
            url = service.url
        await Connection(url, timeout_s=1).request(b"GET", b"/")

    with pytest.raises(NoAnswer):
        asyncio.run(scenario())


def test_a_late_answer_is_not_taken_for_the_next_requests() -> None:
    """After a time-out the connection is dropped, and with it whatever was still on its way."""

    async def scenario() -> int:
        async with running(SILENCE, POSTED) as service:
            connection = Connection(service.url, timeout_s=0.2)
            with pytest.raises(NoAnswer):
                await connection.request(b"GET", b"/")
            answered = await connection.request(b"GET", b"/")
            connection.close()
            return answered.status

    assert asyncio.run(scenario()) == 201
