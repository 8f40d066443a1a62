"""The rules over payments: what is worth a word more, once, whatever is repeated."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contracts.notices import WATCH_KINDS, Kind
from notification_service.domain import Channel, Direction, Many, Noticed, Preferences, Subject, Watch
from notification_service.domain.preferences import LARGE_BY_DEFAULT, LOW_BY_DEFAULT
from notification_service.domain.watching import paying
from notification_service.ports import Coverage
from tests.unit.notification_service.events import ANN, BOB, EVE, SHOWN, an_id, posted, rejected
from tests.unit.notification_service.telling import TellingWorld

ALONE = Watch({"EUR": None}, {"EUR": None}, first_to_payee=False, many_transfers=None)
"""No rule at all, to switch one on."""


def only(**rule) -> Preferences:
    return Preferences(watch=Watch(**{name: getattr(ALONE, name) for name in Watch.__slots__} | rule))


@pytest.fixture
def world():
    return TellingWorld()


def noticed(world, user_id=ANN):
    """In the order in which they were stored: all of one moment, they have no other."""
    shown = {each.id for each in world.inbox(user_id)}
    stored = [each.notification for each in world.store.stored.values()]
    return [each for each in stored if each.id in shown and each.kind in WATCH_KINDS]


def minutes(number):
    return timedelta(minutes=number)


# Large payments


def test_a_payment_is_large_from_the_amount_on_that_its_payer_has_chosen(world):
    world.chooses(ANN, only(large_transfer={"EUR": 2_000}))
    world.handle(posted(1, amount=1_999), posted(2, amount=2_000))
    (notice,) = noticed(world)
    assert (notice.kind, notice.noticed) == (Kind.LARGE_TRANSFER, Noticed(limit=2_000))
    assert (notice.transfer.id, notice.transfer.amount, notice.transfer.counterparty) == (an_id(2), 2_000, BOB)
    assert noticed(world, BOB) == []


def test_who_has_chosen_nothing_has_sensible_limits_in_each_currency_that_we_know(world):
    world.handle(
        posted(1, amount=LARGE_BY_DEFAULT["EUR"]),
        posted(2, payer=EVE, amount=LARGE_BY_DEFAULT["JPY"] - 1, currency="JPY"),
        posted(3, payer=BOB, payee=EVE, amount=10**9, currency="XAU"),
    )
    assert Kind.LARGE_TRANSFER in world.kinds(ANN)
    assert Kind.LARGE_TRANSFER not in world.kinds(EVE) + world.kinds(BOB)


def test_a_default_is_a_whole_amount_and_a_low_balance_is_far_below_a_large_payment():
    assert LARGE_BY_DEFAULT["EUR"] == 50_000
    assert LARGE_BY_DEFAULT["JPY"] == 80_000
    for currency, large in LARGE_BY_DEFAULT.items():
        assert 0 < LOW_BY_DEFAULT[currency] <= large // 10


# The first payment to somebody


def test_the_first_payment_to_somebody_is_told_once_for_good(world):
    world.chooses(ANN, only(first_to_payee=True))
    world.handle(posted(1), posted(2))
    world.handle(posted(3, payee=EVE), posted(4))
    first, second = noticed(world)
    assert [(each.kind, each.transfer.counterparty) for each in (first, second)] == [
        (Kind.FIRST_TO_PAYEE, BOB),
        (Kind.FIRST_TO_PAYEE, EVE),
    ]
    assert first.transfer.id == an_id(1)


def test_each_new_payee_of_a_split_payment_is_a_first_one_with_their_own_part(world):
    world.chooses(ANN, only(first_to_payee=True))
    party = {"account": "q", "balance_after": 1, "origin": "user"}
    payees = [party | {"user_id": BOB, "amount": 1_000}, party | {"user_id": EVE, "amount": 250}]
    world.handle(posted(1), posted(2, payees=payees))
    assert [(each.transfer.counterparty, each.transfer.amount) for each in noticed(world)] == [(BOB, 1250), (EVE, 250)]


def test_who_was_paid_while_the_rule_was_off_is_known_when_it_is_on(world):
    world.chooses(ANN, only())
    world.handle(posted(1))
    world.chooses(ANN, only(first_to_payee=True))
    world.handle(posted(2))
    assert noticed(world) == []


def test_money_between_accounts_of_ones_own_has_no_payee(world):
    world.handle(posted(1, payee=ANN, amount=60_000))
    assert noticed(world) == []


# Many in a short time


def test_many_are_told_when_their_number_is_reached_and_not_again_while_it_stays(world):
    world.chooses(ANN, only(many_transfers=Many(3, 10)))
    world.handle(*(posted(position, after=minutes(position)) for position in range(1, 7)))
    (notice,) = noticed(world)
    assert (notice.kind, notice.noticed) == (Kind.MANY_TRANSFERS, Noticed(count=3, minutes=10))
    assert notice.transfer.id == an_id(3)


def test_many_are_told_again_after_a_pause(world):
    world.chooses(ANN, only(many_transfers=Many(3, 10)))
    for position in range(1, 7):
        world.handle(posted(position, after=minutes(position if position <= 3 else 30 + position)))
    assert [each.transfer.id for each in noticed(world)] == [an_id(3), an_id(6)]


def test_a_few_spread_over_the_hour_are_not_many(world):
    world.chooses(ANN, only(many_transfers=Many(3, 10)))
    world.handle(*(posted(position, after=minutes(6 * position)) for position in range(1, 10)))
    assert noticed(world) == []


# A low balance


def test_a_balance_is_low_when_it_falls_below_the_limit_and_not_while_it_stays_there(world):
    world.chooses(ANN, only(low_balance={"EUR": 5_000}))
    world.handle(
        posted(1, amount=1_000, balance=5_000),
        posted(2, amount=1, balance=4_999),
        posted(3, amount=999, balance=4_000),
        posted(4, amount=9_000, balance=0),
    )
    assert [(each.transfer.id, each.noticed) for each in noticed(world)] == [
        (an_id(2), Noticed(limit=5_000, balance=4_999)),
        (an_id(4), Noticed(limit=5_000, balance=0)),
    ]


# What is looked at


def test_a_hold_is_looked_at_when_it_is_placed_and_its_balance_when_it_is_captured():
    held, captured = paying(SHOWN["transfer.pending"]), paying(SHOWN["transfer.posted.captured"])
    assert (held.is_sending, captured.is_sending) == (True, False)


@pytest.mark.parametrize("name", ["transfer.posted.withdrawal", "transfer.refunded", "transfer.refunded.reversal"])
def test_what_nobody_decided_to_send_can_only_make_a_balance_low(name):
    assert not paying(SHOWN[name]).is_sending


@pytest.mark.parametrize(
    "event",
    [
        posted(1, payer=None),
        rejected(1),
        *(
            SHOWN[name]
            for name in ("account.frozen", "transfer.voided", "transfer.scheduled", "transfer.posted.deposit")
        ),
    ],
)
def test_what_moves_no_money_of_a_person_is_passed_by(event):
    assert paying(event) is None


def test_probes_are_not_watched():
    event = posted(1)
    event["transfer"]["payer"]["origin"] = "probe"
    assert paying(event) is None


# As notifications


def test_what_rules_find_has_ids_of_its_own_and_no_position(world):
    world.chooses(ANN, Preferences(watch=Watch({"EUR": 1}, {"EUR": 10**9}, many_transfers=Many(2, 1))))
    for _ in range(2):
        world.handle(posted(1, balance=10**9 - 1), posted(2))
    found = noticed(world)
    assert sorted(each.kind for each in found) == sorted(
        [Kind.FIRST_TO_PAYEE, Kind.LARGE_TRANSFER, Kind.LARGE_TRANSFER, Kind.LOW_BALANCE, Kind.MANY_TRANSFERS]
    )
    assert {each.position for each in found} == {None}
    assert {each.transfer.direction for each in found} == {Direction.OUT}
    assert len({each.event_id for each in found} | {an_id(1), an_id(2)}) == len(found) + 2
    assert world.store.coverage(0, 10) == Coverage(events=2, notifications=4)


def test_a_split_batch_finds_what_a_whole_one_does():
    events = [posted(n, payee=(BOB, EVE)[n % 2], amount=40_000 + n, balance=3_000 - n) for n in range(1, 30)]
    whole, split = TellingWorld(), TellingWorld()
    whole.handle(*events)
    for event in events:
        split.handle(event)
    assert whole.inbox(ANN) == split.inbox(ANN)


def test_a_repetition_finds_what_was_found_whatever_is_chosen_since(world):
    events = [posted(1, amount=60_000), posted(2, amount=3_000)]
    world.handle(*events)
    before = noticed(world)
    world.chooses(ANN, Preferences(watch=Watch({"EUR": 1_000}, first_to_payee=False, many_transfers=Many(2, 60))))
    world.handle(*events)
    assert noticed(world) == before
    assert [each.kind for each in before] == [Kind.LARGE_TRANSFER, Kind.FIRST_TO_PAYEE]


def test_who_wants_nothing_of_this_in_the_inbox_has_it_elsewhere(world):
    world.reads_mail(ANN)
    world.chooses(ANN, Preferences({(Subject.WATCH, Channel.INBOX): False}))
    world.handle(posted(1))
    assert noticed(world) == []
    (letter,) = world.deliveries.records.values()
    assert letter.delivery.notification.kind == Kind.FIRST_TO_PAYEE
