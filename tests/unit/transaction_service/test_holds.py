"""Holds and scheduled transfers: money that is promised before it moves."""

from __future__ import annotations

import pytest

from contracts.notices import notices
from tests.unit.transaction_service.ledgers import (
    a_ledger,
    changing,
    following,
    holding,
    later,
    paying,
    splitting,
)
from transaction_service.domain import Outcome
from transaction_service.domain.limits import PLANS_MAX


def a_hold(amount=40_000, **more):
    """ann holds money for bob."""
    ledger = a_ledger("ann", "bob", "cem")
    answer = ledger.ask(holding(1, "ann", "bob", amount, **more))
    assert answer.outcome is Outcome.PENDING
    return ledger, answer.body["id"]


def sums(ledger, username):
    account = ledger.account(username)
    return account.posted, account.pending_in, account.pending_out, account.available


def test_a_hold_moves_nothing_and_can_not_be_spent():
    ledger, _ = a_hold()
    assert sums(ledger, "ann") == (100_000, 0, 40_000, 60_000)
    assert sums(ledger, "bob") == (100_000, 40_000, 0, 100_000)
    refused = ledger.ask(paying(2, "ann", "bob", 60_001))
    assert (refused.body["reason"], refused.body["available"]) == ("insufficient_funds", 60_000)


@pytest.mark.parametrize("actor", ["ann", "bob"])
def test_either_party_captures_a_hold(actor):
    ledger, hold = a_hold()
    answer = ledger.ask(following(1, "capture", hold, actor))
    assert (answer.outcome, answer.body["status"], answer.body["id"]) == (Outcome.CAPTURED, "posted", hold)
    assert sums(ledger, "ann") == (60_000, 0, 0, 60_000)
    assert sums(ledger, "bob") == (140_000, 0, 0, 140_000)


def test_what_is_not_captured_is_free_again():
    ledger, hold = a_hold()
    answer = ledger.ask(following(1, "capture", hold, "bob", 15_000))
    assert (answer.body["amount"], answer.body["held"]) == (15_000, 40_000)
    assert (sums(ledger, "ann"), sums(ledger, "bob")) == ((85_000, 0, 0, 85_000), (115_000, 0, 0, 115_000))


def test_a_hold_ends_once():
    ledger, hold = a_hold()
    ledger.ask(following(1, "capture", hold, "bob"))
    for number, act in enumerate(("capture", "void"), 2):
        again = ledger.ask(following(number, act, hold, "bob"))
        assert (again.outcome, again.body["reason"], again.body["type"]) == (Outcome.REJECTED, "not_pending", act)
    assert ledger.ask(following(4, "expire", hold, None)).outcome is Outcome.NOT_DUE
    assert ledger.posted("bob") == 140_000


def test_a_repeated_capture_is_answered_alike():
    ledger, hold = a_hold()
    first = ledger.ask(following(1, "capture", hold, "bob", key="k"))
    again = ledger.ask(following(2, "capture", hold, "bob", key="k"))
    assert (again.replayed, again.body) == (True, first.body)


def test_more_than_was_held_is_not_captured():
    ledger, hold = a_hold()
    refused = ledger.ask(following(1, "capture", hold, "bob", 40_001))
    assert (refused.body["reason"], refused.body["held"]) == ("exceeds_hold", 40_000)
    assert ledger.ask(following(2, "capture", hold, "bob")).outcome is Outcome.CAPTURED


def test_a_refused_attempt_is_one_of_its_own_and_leaves_the_hold_alone():
    ledger, hold = a_hold()
    decision = ledger.decide(following(1, "capture", hold, "bob", 40_001))
    record = decision.records[0]
    assert (record.of, record.event["transfer"]["id"]) == (hold, record.command_id)
    assert record.event["transfer"]["original"] == hold


@pytest.mark.parametrize(("actor", "other"), [("ann", "bob"), ("bob", "ann")])
@pytest.mark.parametrize("act", ["capture", "void"])
def test_a_refused_attempt_is_in_the_history_of_who_tried_and_nobody_is_told(act, actor, other):
    ledger, hold = a_hold()
    ledger.ask(following(1, "void", hold, other))
    (record,) = ledger.decide(following(2, act, hold, actor)).records
    assert record.answer.body["reason"] == "not_pending"
    assert record.parties == (f"account-{actor}-EUR",)
    assert notices(record.event["type"], record.event["transfer"]) == {}


@pytest.mark.parametrize("act", ["capture", "void", "refund", "reverse"])
def test_to_strangers_a_transfer_does_not_exist(act):
    ledger, hold = a_hold()
    for id in (hold, "nothing"):
        decision = ledger.decide(following(1, act, id, "cem"))
        assert (decision.answers[0].outcome, decision.records) == (Outcome.UNKNOWN_TRANSFER, [])


@pytest.mark.parametrize("actor", ["ann", "bob"])
def test_a_voided_hold_is_as_if_it_had_not_been(actor):
    ledger, hold = a_hold()
    answer = ledger.ask(following(1, "void", hold, actor))
    assert (answer.outcome, answer.body["status"]) == (Outcome.VOIDED, "voided")
    assert (sums(ledger, "ann"), sums(ledger, "bob")) == ((100_000, 0, 0, 100_000), (100_000, 0, 0, 100_000))


def test_a_hold_expires_when_its_time_has_come_and_not_before():
    ledger, hold = a_hold()
    ledger.pass_time(minutes=59)
    assert ledger.ask(following(1, "expire", hold, None)).outcome is Outcome.NOT_DUE
    ledger.pass_time(minutes=1)
    late = ledger.ask(following(2, "capture", hold, "bob"))
    assert late.body["reason"] == "not_pending"
    answer = ledger.ask(following(3, "expire", hold, None))
    assert (answer.outcome, answer.body["expired_at"]) == (Outcome.EXPIRED, later(hours=1))
    assert sums(ledger, "ann") == (100_000, 0, 0, 100_000)


def test_a_split_hold_is_captured_whole():
    ledger = a_ledger("ann", "bob", "cem")
    hold = ledger.ask(splitting(1, "ann", {"bob": 700, "cem": 300}, expires_at=later(hours=1))).body["id"]
    assert ledger.account("cem").pending_in == 300
    assert ledger.ask(following(1, "capture", hold, "cem", 500)).body["reason"] == "payee_not_named"
    ledger.ask(following(2, "capture", hold, "cem"))
    assert (sums(ledger, "bob"), sums(ledger, "cem")) == ((100_700, 0, 0, 100_700), (100_300, 0, 0, 100_300))


def test_a_frozen_payers_hold_is_not_captured_and_may_be_voided():
    ledger, hold = a_hold()
    ledger.ask(changing(1, "freeze", "account-ann-EUR", "root", role="support"))
    assert ledger.ask(following(1, "capture", hold, "bob")).body["reason"] == "account_frozen"
    assert ledger.ask(following(2, "void", hold, "bob")).outcome is Outcome.VOIDED


def a_plan(amount=40_000, **more):
    """ann will pay bob tomorrow."""
    ledger = a_ledger("ann", "bob")
    answer = ledger.ask(paying(1, "ann", "bob", amount, execute_at=later(days=1), **more))
    assert answer.outcome is Outcome.SCHEDULED
    return ledger, answer.body["id"]


def test_a_scheduled_transfer_is_decided_when_its_moment_has_come():
    ledger, plan = a_plan()
    assert sums(ledger, "ann") == (100_000, 0, 0, 100_000)
    assert ledger.ask(following(1, "execute", plan, None)).outcome is Outcome.NOT_DUE
    ledger.pass_time(days=1)
    answer = ledger.ask(following(2, "execute", plan, None))
    assert (answer.outcome, answer.body["id"], answer.body["status"]) == (Outcome.POSTED, plan, "posted")
    assert ledger.posted("bob") == 140_000
    assert ledger.ask(following(3, "execute", plan, None)).outcome is Outcome.NOT_DUE


def test_a_scheduled_transfer_that_is_not_covered_then_is_rejected_then():
    ledger, plan = a_plan()
    ledger.ask(paying(2, "ann", "bob", 80_000))
    ledger.pass_time(days=1)
    decision = ledger.decide(following(1, "execute", plan, None))
    assert (decision.answers[0].outcome, decision.answers[0].body["reason"]) == (
        Outcome.REJECTED,
        "insufficient_funds",
    )
    assert decision.records[0].event["transfer"]["id"] == plan
    assert ledger.transfers[plan].status == "rejected"


def test_a_scheduled_transfer_is_voided_by_its_payer_alone():
    ledger, plan = a_plan()
    assert ledger.ask(following(1, "void", plan, "bob")).outcome is Outcome.UNKNOWN_TRANSFER
    assert ledger.ask(following(2, "void", plan, "ann")).outcome is Outcome.VOIDED
    ledger.pass_time(days=1)
    assert ledger.ask(following(3, "execute", plan, None)).outcome is Outcome.NOT_DUE


def test_a_transfer_to_nobody_is_not_scheduled():
    ledger = a_ledger("ann")
    refused = ledger.ask(paying(1, "ann", "nobody", 1, execute_at=later(days=1)))
    assert refused.body["reason"] == "unknown_payee"


def test_a_scheduled_transfer_is_no_hold_to_its_payer_and_nothing_to_its_payee():
    ledger, plan = a_plan()
    assert ledger.ask(following(1, "capture", plan, "ann")).body["reason"] == "not_pending"
    assert ledger.ask(following(2, "capture", plan, "bob")).outcome is Outcome.UNKNOWN_TRANSFER


@pytest.mark.parametrize("end", ["void", "execute"])
def test_an_account_has_a_bounded_number_of_plans_and_one_that_ended_makes_room(end):
    ledger, plan = a_plan()
    ledger.accounts["account-ann-EUR"] = ledger.account("ann")._replace(plans=PLANS_MAX)
    refused = ledger.ask(paying(2, "ann", "bob", 1, execute_at=later(days=2)))
    assert (refused.body["reason"], refused.body["limit"]) == ("limit_exceeded", "scheduled")
    assert ledger.ask(paying(3, "ann", "bob", 1)).outcome is Outcome.POSTED
    ledger.pass_time(days=1)
    ledger.ask(following(1, end, plan, "ann" if end == "void" else None))
    assert ledger.account("ann").plans == PLANS_MAX - 1
    assert ledger.ask(paying(4, "ann", "bob", 1, execute_at=later(days=2))).outcome is Outcome.SCHEDULED


def test_a_plan_that_is_refused_when_its_moment_comes_has_ended_too():
    ledger, plan = a_plan(500_000)
    ledger.pass_time(days=1)
    assert ledger.ask(following(1, "execute", plan, None)).outcome is Outcome.REJECTED
    assert ledger.account("ann").plans == 0
