"""What people chose, over memory and over MongoDB."""

from __future__ import annotations

from notification_service.domain import Channel, Many, Preferences, Subject, Watch
from notification_service.storage.preferences import MongoPreferences
from tests.unit.notification_service.events import ANN, BOB, EVE, NOW

CHOSEN = Preferences(
    {(Subject.PAYMENTS, Channel.EMAIL): True, (Subject.HOLDS, Channel.INBOX): False},
    Watch({"EUR": 1_000, "USD": None}, {"JPY": 500}, first_to_payee=False, many_transfers=Many(3, 5)),
)


def test_preferences_come_back_whole_and_replace_what_was(stores):
    preferences = stores.preferences
    assert preferences.of([ANN]) == {}
    preferences.keep(ANN, CHOSEN, NOW)
    preferences.keep(BOB, Preferences(watch=Watch(many_transfers=None)), NOW)
    assert preferences.of([ANN, BOB, EVE]) == {ANN: CHOSEN, BOB: Preferences(watch=Watch(many_transfers=None))}
    preferences.keep(ANN, Preferences(), NOW)
    assert preferences.of([ANN]) == {ANN: Preferences()}
    assert preferences.of([]) == {}


def test_those_of_who_has_gone_are_gone(stores):
    stores.preferences.keep(ANN, CHOSEN, NOW)
    stores.preferences.forget([ANN, BOB])
    stores.preferences.forget([])
    assert stores.preferences.of([ANN]) == {}


def test_what_a_later_release_has_written_can_be_read(collections):
    store = MongoPreferences(collections)
    store.keep(ANN, CHOSEN, NOW)
    later = {
        "channels.payments.pigeon": True,
        "channels.weather": {"inbox": False},
        "watch.weather": True,
        "watch.many_transfers.payees": 2,
    }
    collections.preferences.update_one({}, {"$set": later})
    assert store.of([ANN]) == {ANN: CHOSEN}
