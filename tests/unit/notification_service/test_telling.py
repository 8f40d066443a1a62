"""By which ways each is told, and that it stays so whatever is repeated, killed or chosen since."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pymongo.errors import AutoReconnect

from contracts.notices import LEDGER_KINDS, Kind
from notification_service.domain import SUBJECTS, Channel, Preferences, Subject
from notification_service.domain.endpoint import Subscription
from notification_service.domain.preferences import ALWAYS
from notification_service.ports import Coverage
from tests.manual_clock import ManualClock
from tests.unit.notification_service.events import (
    ANN,
    BOB,
    EVE,
    FIRST,
    NOW,
    SECOND,
    SHOWN,
    SHOWN_OF_USERS,
    THIRD,
    an_id,
    changed,
    posted,
    rejected,
)
from tests.unit.notification_service.telling import RETENTION, TellingWorld


@pytest.fixture
def world():
    return TellingWorld()


def ordered(world, channel=None):
    """What goes out: kind, person, target."""
    deliveries = [record.delivery for record in world.deliveries.records.values()]
    told = [(each.notification, each.target) for each in deliveries]
    return {(each.kind, each.user_id, target) for each, target in told if channel in (None, each.channel)}


# Defaults


def test_every_kind_but_an_alert_has_a_subject_to_choose_by():
    assert set(SUBJECTS) == set(Kind) - {Kind.ALERT}
    assert set(SUBJECTS.values()) == set(Subject)


def test_by_default_the_inbox_has_everything_and_a_letter_tells_what_needs_attention(world):
    world.reads_mail(ANN, BOB)
    world.handle(posted(1), rejected(2))
    world.handle_users(changed(3, "user.second_factor_disabled", email_confirmed=True))
    assert {Kind.SENT, Kind.REJECTED, Kind.FACTOR_DISABLED} <= set(world.kinds(ANN))
    assert ordered(world) == {
        (Kind.FIRST_TO_PAYEE, ANN, ""),
        (Kind.REJECTED, ANN, ""),
        (Kind.FACTOR_DISABLED, ANN, ""),
    }


def test_of_a_changed_password_auth_has_written_already(world):
    world.reads_mail(ANN)
    world.endpoints[ANN] = [Subscription("e1", None)]
    world.handle_users(changed(1, "user.password_changed", email_confirmed=True))
    assert world.kinds(ANN) == [Kind.PASSWORD_CHANGED]
    assert ordered(world) == {(Kind.PASSWORD_CHANGED, ANN, "e1")}


def test_no_letter_goes_to_an_address_that_is_not_confirmed(world):
    world.handle_users(changed(1, "user.password_changed"))
    assert world.kinds(ANN) == [Kind.PASSWORD_CHANGED]
    assert ordered(world) == set()


def test_an_endpoint_gets_what_it_asked_for(world):
    world.endpoints[BOB] = [
        Subscription("e1", frozenset({Kind.RECEIVED})),
        Subscription("e2", None),
        Subscription("e3", frozenset()),
    ]
    world.handle(posted(1))
    assert ordered(world, Channel.WEBHOOK) == {(Kind.RECEIVED, BOB, "e1"), (Kind.RECEIVED, BOB, "e2")}


# Choices


def test_what_is_switched_off_in_the_inbox_is_counted_and_shown_nowhere(world):
    world.chooses(ANN, Preferences({(Subject.PAYMENTS, Channel.INBOX): False}))
    world.handle(posted(1))
    assert Kind.SENT not in world.kinds(ANN)
    assert (world.store.unread(ANN), world.store.newest_stamp(ANN)) == (1, world.store.newest_stamp(ANN))
    assert world.store.coverage(0, 1) == Coverage(events=1, notifications=2)
    assert world.metric("notification_silent_total") == 1
    assert world.kinds(BOB) == [Kind.RECEIVED]


def test_what_is_switched_on_goes_out(world):
    world.reads_mail(ANN)
    world.chooses(ANN, Preferences({(Subject.PAYMENTS, Channel.EMAIL): True, (Subject.WATCH, Channel.EMAIL): False}))
    world.handle(posted(1))
    assert ordered(world) == {(Kind.SENT, ANN, "")}


def test_webhooks_can_be_switched_off_as_a_whole(world):
    world.endpoints[ANN] = [Subscription("e1", None)]
    world.chooses(ANN, Preferences({(Subject.PAYMENTS, Channel.WEBHOOK): False}))
    world.handle(posted(1))
    assert ordered(world) == {(Kind.FIRST_TO_PAYEE, ANN, "e1")}


@pytest.mark.parametrize("choice", sorted(ALWAYS))
def test_nobody_can_switch_security_off(world, choice):
    world.reads_mail(ANN)
    world.chooses(ANN, Preferences({choice: False}))
    world.handle_users(changed(1, "user.second_factor_disabled", email_confirmed=True))
    assert world.kinds(ANN) == [Kind.FACTOR_DISABLED]
    assert ordered(world) == {(Kind.FACTOR_DISABLED, ANN, "")}


# Once


def test_a_repeated_event_goes_out_by_the_ways_that_were_chosen_when_it_was_told(world):
    world.reads_mail(ANN)
    world.handle(rejected(1))
    before = ordered(world)
    world.chooses(ANN, Preferences({(Subject.REJECTED, Channel.EMAIL): False}))
    world.endpoints[ANN] = [Subscription("new", None)]
    world.handle(rejected(1))
    assert ordered(world) == before == {(Kind.REJECTED, ANN, "")}
    assert world.metric("notification_deliveries_ordered_total", channel="email") == 1
    assert world.metric("notification_suppressed_duplicates_total", channel="email") == 1


def test_a_kill_between_the_two_writes_leaves_no_gap(world):
    world.reads_mail(ANN)
    world.deliveries.away = AutoReconnect("away")
    with pytest.raises(AutoReconnect):
        world.handle(rejected(1))
    world.deliveries.away = None
    world.chooses(ANN, Preferences({(Subject.REJECTED, Channel.EMAIL): False}))
    world.handle(rejected(1))
    assert ordered(world) == {(Kind.REJECTED, ANN, "")}


def test_what_is_old_goes_to_the_inbox_alone(world):
    world.reads_mail(ANN)
    world.clock.advance(timedelta(days=8).total_seconds())
    world.handle(rejected(1))
    assert world.kinds(ANN) == [Kind.REJECTED]
    assert ordered(world) == set()


def test_what_is_older_than_the_retention_is_passed_by_and_counted(world):
    world.clock.advance(RETENTION.total_seconds() + 1)
    world.handle(posted(1), posted(2, after=timedelta(seconds=2)))
    world.handle_users(changed(0, "user.password_changed"))
    assert {each.transfer.id for each in world.inbox(BOB)} == {an_id(2)}
    assert world.metric("notification_skipped_too_old_total") == 2
    assert world.people.names([ANN]) == {ANN: "ann"}


def test_a_clock_that_is_set_wrong_makes_no_event_disappear(world):
    world.database_clock = ManualClock(NOW)
    world.clock.advance(RETENTION.total_seconds() + 1)
    world.handle(posted(1))
    assert world.kinds(BOB) == [Kind.RECEIVED]
    assert world.metric("notification_skipped_too_old_total") == 0


def test_who_has_closed_their_account_leaves_no_choice_payee_or_letter(world):
    world.reads_mail(ANN)
    world.chooses(ANN, Preferences())
    world.handle(posted(1), posted(2, payer=BOB, payee=ANN), rejected(3))
    world.handle_users(changed(50, "user.closed", email=None, roles=[]))
    assert world.preferences.kept == {}
    assert {pair[0] for pair in world.payments.payees} == {BOB}
    assert {record.state for record in world.deliveries.records.values()} == {"cancelled"}


def test_who_has_closed_their_account_is_told_nothing_more_though_it_is_counted(world):
    world.handle_users(changed(50, "user.closed", email=None, roles=[]))
    world.handle(posted(1))
    (to_ann,) = [each.notification for each in world.store.stored.values() if each.notification.user_id == ANN]
    assert (to_ann.transfer, to_ann.silent, to_ann.ways) == (None, True, ())
    assert world.kinds(BOB) == [Kind.RECEIVED]
    assert world.store.coverage(0, 1) == Coverage(1, 2)


# Whatever happens


class Killed(Exception):
    """The process ends here."""


class Mortal:
    """A store of a process that may end at any call, before or after it took effect: `fates` says at which."""

    def __init__(self, store, fates) -> None:
        self._store, self._fates = store, fates

    def __getattr__(self, name):
        def call(*args):
            before, after = next(self._fates, (False, False))
            if before:
                raise Killed
            result = getattr(self._store, name)(*args)
            if after:
                raise Killed
            return result

        return call


FATES = st.lists(st.sampled_from([(False, False)] * 3 + [(True, False), (False, True)]), max_size=40)
SIZES = st.lists(st.integers(1, 12), max_size=20)
REWINDS = st.lists(st.integers(0, 20), max_size=6)


def consume(handle, events, sizes, rewinds):
    """A group's offset only moves after a batch, a kill goes back to it, and an operator may rewind it further."""
    offset, sizes, rewinds = 0, iter(sizes), iter(rewinds)
    while offset < len(events):
        size = next(sizes, 500)
        try:
            handle(*events[offset : offset + size])
        except Killed:
            continue
        offset = max(0, offset + size - next(rewinds, 0))


USERS = [
    changed(1, "user.registered", email_confirmed=True),
    changed(2, "user.password_changed", email_confirmed=True),
    *(event | {"email_confirmed": True} for name, event in SHOWN_OF_USERS.items() if name != "user.closed"),
]
LEDGER = [
    *(posted(n, payee=(BOB, EVE)[n % 2], amount=45_000 + 1_000 * n, balance=9_000 - 1_000 * n) for n in range(1, 13)),
    rejected(13),
    *sorted(SHOWN.values(), key=lambda event: event["position"]),
]
EVERYBODY = (ANN, BOB, EVE, FIRST, SECOND, THIRD)


def a_world():
    world = TellingWorld()
    world.reads_mail(*EVERYBODY)
    world.endpoints[ANN] = [Subscription("e1", LEDGER_KINDS)]
    world.chooses(BOB, Preferences({(Subject.PAYMENTS, Channel.EMAIL): True, (Subject.PAYMENTS, Channel.INBOX): False}))
    return world


def outcome(world):
    told = {stored.notification.id: stored.notification for stored in world.store.stored.values()}
    return told, {id: record.delivery for id, record in world.deliveries.records.items()}


@given(fates=FATES, sizes=SIZES, rewinds=REWINDS)
@example(fates=[(False, False)] * 5 + [(False, True)], sizes=[], rewinds=[])
@pytest.mark.parametrize("topic", ["ledger", "users"])
def test_whatever_is_killed_and_repeated_comes_to_what_one_clean_run_does(topic, fates, sizes, rewinds):
    clean, world = a_world(), a_world()
    fates = iter(fates)
    for holder, name in (
        (world.tell, "_store"),
        (world.tell, "_deliveries"),
        (world.tell, "_preferences"),
        (world.tell, "_hints"),
        (world.watch, "_payments"),
    ):
        setattr(holder, name, Mortal(getattr(holder, name), fates))
    events, of = (LEDGER, "handle") if topic == "ledger" else (USERS, "handle_users")
    getattr(clean, of)(*events)
    consume(getattr(world, of), events, sizes, rewinds)
    assert outcome(world) == outcome(clean)
