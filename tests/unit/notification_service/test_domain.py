"""Who is told what of an event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contracts.notices import Kind
from notification_service.domain import ORDER, Alert, Direction, alert_notifications, notifications_of
from tests.unit.notification_service.events import ANN, BOB, EVE, NOW, SHOWN, an_id, opened, posted, rejected

FIRING = Alert("ProcessDown", "firing", "page", "relay is away", "transaction-relay", "", "f1", NOW)


def told(event):
    return {(each.user_id, each.kind, each.transfer.counterparty) for each in notifications_of(event)}


def test_a_payment_is_told_to_both_sides():
    assert told(posted(7)) == {(ANN, Kind.SENT, BOB), (BOB, Kind.RECEIVED, ANN)}


def test_a_grant_is_told_to_its_payee_alone_and_comes_from_nobody_we_know():
    assert told(posted(7, payer=None)) == {(BOB, Kind.RECEIVED, None)}


def test_a_rejection_is_told_to_the_payer_alone():
    assert told(rejected(7)) == {(ANN, Kind.REJECTED, BOB)}
    assert told(rejected(7, "unknown_payee", payee=None)) == {(ANN, Kind.REJECTED, None)}


def test_an_opened_account_is_told_to_nobody():
    assert notifications_of(opened(7)) == []


def test_each_payee_is_told_of_their_own_part_and_the_payer_of_the_whole():
    event = posted(7, amount=300)
    first = event["transfer"]["payees"][0]
    event["transfer"]["payees"] = [first | {"amount": 100}, first | {"user_id": EVE, "amount": 200}]
    amounts = {each.user_id: each.transfer.amount for each in notifications_of(event)}
    assert amounts == {ANN: 300, BOB: 100, EVE: 200}


def test_somebody_who_pays_to_an_account_of_their_own_is_told_once():
    (only,) = notifications_of(posted(7, payer=ANN, payee=ANN))
    assert (only.kind, only.transfer.direction, only.transfer.counterparty) == (Kind.MOVED, Direction.OWN, None)


def test_a_payer_who_is_among_the_payees_is_told_of_what_goes_to_others():
    event = posted(7, amount=300)
    (payee,) = event["transfer"]["payees"]
    event["transfer"]["payees"] = [payee | {"amount": 100}, payee | {"user_id": ANN, "amount": 200}]
    seen = {each.user_id: each.transfer for each in notifications_of(event)}
    assert {who: (transfer.amount, transfer.counterparty) for who, transfer in seen.items()} == {
        ANN: (100, BOB),
        BOB: (100, ANN),
    }


def test_a_rejected_attempt_leads_to_the_transfer_that_it_was_about():
    attempt = rejected(7, "exceeds_paid")
    attempt["transfer"] |= {"type": "refund", "original": an_id(1)}
    (only,) = notifications_of(attempt)
    assert only.transfer.id == an_id(1)
    refund = SHOWN["transfer.refunded"]
    assert {each.transfer.id for each in notifications_of(refund)} == {refund["transfer"]["id"]}


def test_a_reversal_that_was_rejected_is_told_to_nobody():
    event = rejected(7)
    event["transfer"] |= {"type": "reversal", "original": an_id(1)}
    assert notifications_of(event) == []


def test_a_rejected_attempt_at_a_hold_is_told_to_nobody_since_either_side_may_try_for_ever():
    assert notifications_of(SHOWN["transfer.rejected.capture"]) == []


def test_the_order_is_that_of_time_and_then_of_the_journal():
    first, second, later = (notifications_of(posted(position))[0] for position in (9, 10, 1))
    later = notifications_of(posted(1) | {"occurred_at": "2026-01-02T03:04:05.001Z"})[0]
    assert first.order < second.order < later.order
    assert ORDER.match(first.order)


def test_an_alert_is_told_to_every_admin_and_its_end_is_another_event():
    resolved = Alert(**{**as_dict(FIRING), "status": "resolved", "ends_at": NOW + timedelta(minutes=1)})
    began, ended = (alert_notifications(alert, [ANN, BOB]) for alert in (FIRING, resolved))
    assert [each.user_id for each in began] == [ANN, BOB]
    assert len({each.event_id for each in (*began, *ended)}) == 2
    assert (began[0].occurred_at, ended[0].occurred_at) == (NOW, NOW + timedelta(minutes=1))
    assert ORDER.match(began[0].order)


def test_an_alert_that_began_in_no_time_we_know_has_an_order_all_the_same():
    odd = Alert(**{**as_dict(FIRING), "starts_at": datetime(1, 1, 1, tzinfo=UTC)})
    assert ORDER.match(alert_notifications(odd, [an_id(1)])[0].order)


def as_dict(alert):
    return {name: getattr(alert, name) for name in Alert.__slots__}
