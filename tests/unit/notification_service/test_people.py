"""Who is called what: the latest state wins, in whatever order it arrives. What happened to them is told once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.errors import AutoReconnect

from contracts.notices import USER_KINDS, Kind
from notification_service.domain import security_notification
from notification_service.ports import EVERYTHING
from tests.unit.notification_service.events import ANN, FIRST, SHOWN_OF_USERS, an_id, changed
from tests.unit.notification_service.telling import TellingWorld

STATES = [
    changed(0, "user.registered"),
    changed(1, roles=["user", "admin"]),
    changed(2, username="ann.b", roles=["user", "admin"]),
]


@given(deliveries=st.lists(st.sampled_from(STATES), max_size=8), last=st.permutations(STATES))
def test_the_latest_state_wins_however_they_arrive(deliveries, last):
    world = TellingWorld()
    for event in deliveries:
        world.handle_users(event)
    world.handle_users(*last)
    assert world.people.names([ANN, an_id(99)]) == {ANN: "ann.b"}
    assert world.people.with_role("admin") == [ANN]
    assert world.kinds(ANN) == [Kind.WELCOME]


def test_only_an_address_at_which_mail_is_read_is_one_to_write_to():
    world = TellingWorld()
    world.handle_users(changed(0))
    assert world.people.addresses([ANN]) == {}
    world.handle_users(changed(1, email="new@example.com", email_confirmed=True))
    assert world.people.addresses([ANN, an_id(99)]) == {ANN: "new@example.com"}


def test_who_has_closed_their_account_keeps_a_name_and_nothing_else():
    world = TellingWorld()
    world.handle_users(
        changed(1, roles=["user", "admin"], email_confirmed=True),
        changed(3, "user.closed", roles=[], email=None),
    )
    assert world.people.names([ANN]) == {ANN: "ann"}
    assert (world.people.with_role("admin"), world.people.addresses([ANN])) == ([], {})
    assert world.people.emptied == [ANN]
    assert "example.com" not in repr(world.people.people)


TOLD = {
    "session.reuse_detected": Kind.TOKEN_REUSED,
    "session.started": Kind.NEW_DEVICE,
    "user.changed": None,
    "user.closed": None,
    "user.locked": Kind.LOCKED,
    "user.password_changed": Kind.PASSWORD_CHANGED,
    "user.registered": Kind.WELCOME,
    "user.second_factor_disabled": Kind.FACTOR_DISABLED,
    "user.second_factor_enabled": Kind.FACTOR_ENABLED,
    "user.second_factor_recovery_renewed": Kind.RECOVERY_RENEWED,
    "user.second_factor_recovery_used": Kind.RECOVERY_USED,
    "user.unlocked": Kind.UNLOCKED,
}


def test_each_example_of_the_contract_is_told_or_is_nothing_to_tell():
    told = {name: security_notification(event) for name, event in SHOWN_OF_USERS.items()}
    assert {name: notice and notice.kind for name, notice in told.items()} == TOLD


def test_a_session_on_a_known_device_is_nothing_to_tell():
    assert security_notification(SHOWN_OF_USERS["session.started"] | {"known_device": True}) is None


def test_however_often_an_event_comes_it_is_told_once():
    world = TellingWorld()
    events = [event for name, event in SHOWN_OF_USERS.items() if name != "user.closed"]
    for _ in range(2):
        world.handle_users(*events)
    assert sorted(world.kinds(FIRST)) == sorted(kind for kind in TOLD.values() if kind)
    assert world.hints.told == [{FIRST}, {FIRST}]
    found = world.registry.get_sample_value("notification_suppressed_duplicates_total", {"channel": "inbox"})
    assert found == len(world.kinds(FIRST))


def test_every_kind_of_this_topic_has_its_series_before_the_first_event():
    registry = TellingWorld().registry
    for kind in USER_KINDS:
        assert registry.get_sample_value("notification_created_total", {"kind": kind, "channel": "inbox"}) == 0


def test_what_is_told_here_has_no_position_and_is_no_promise_about_the_ledger():
    world = TellingWorld()
    world.handle_users(changed(1, "user.password_changed"))
    assert [each.notification.position for each in world.store.page(ANN, None, 9, EVERYTHING)] == [None]
    assert world.registry.get_sample_value("notification_commit_to_notified_seconds_count") == 0


def test_while_the_store_is_away_the_outage_is_raised():
    world = TellingWorld()
    world.store.away = AutoReconnect("away")
    with pytest.raises(AutoReconnect):
        world.handle_users(changed(1, "user.password_changed"))
