"""What every store of contacts does: run over the one in memory here, over MongoDB's in tests/integration.

A class that derives from these has the fixtures `contacts`, `lookups` and `payees` (on which ann has paid bob twice).
"""

from __future__ import annotations

from datetime import timedelta

from tests.unit.transaction_service.ledgers import NOW, later
from transaction_service.ports import Contact, PaidBefore, Saved


def keeping(username, label=""):
    return Contact(username, label, NOW)


class ContactsContract:
    def test_a_contact_is_kept_once_under_its_latest_label(self, contacts):
        assert contacts.put("user-ann", keeping("bob", "Bob"), 9) is Saved.NEW
        assert contacts.put("user-ann", Contact("bob", "Landlord", NOW + timedelta(hours=1)), 9) is Saved.CHANGED
        assert contacts.of("user-ann") == [keeping("bob", "Landlord")]

    def test_there_are_no_more_than_allowed_and_those_there_are_can_be_renamed(self, contacts):
        for username in ("bob", "cem"):
            assert contacts.put("user-ann", keeping(username), 2) is Saved.NEW
        assert contacts.put("user-ann", keeping("dan"), 2) is Saved.FULL
        assert contacts.put("user-ann", keeping("cem", "C."), 2) is Saved.CHANGED
        assert contacts.remove("user-ann", "bob")
        assert contacts.put("user-ann", keeping("dan"), 2) is Saved.NEW
        assert [contact.username for contact in contacts.of("user-ann")] == ["cem", "dan"]

    def test_contacts_are_their_owners_alone(self, contacts):
        contacts.put("user-ann", keeping("bob"), 9)
        assert contacts.of("user-cem") == []
        assert not contacts.remove("user-cem", "bob")
        assert not contacts.remove("user-ann", "nobody")
        assert contacts.of("user-ann") == [keeping("bob")]


class LookupsContract:
    def test_lookups_are_counted_by_user_and_hour(self, lookups):
        hour = NOW.replace(minute=0)
        assert [lookups.count("user-ann", hour) for _ in range(3)] == [1, 2, 3]
        assert lookups.count("user-bob", hour) == 1
        assert lookups.count("user-ann", hour + timedelta(hours=1)) == 1


class PayeesContract:
    def test_who_was_paid_before_is_known_with_the_first_time_and_the_last_day(self, payees):
        found = payees.paid_before("user-ann", ["bob", "cem", "nobody"])
        assert found == {"bob": PaidBefore(later(), later(days=2)[:10])}
        assert payees.paid_before("user-bob", ["ann"]) == {}

    def test_who_can_be_paid_exists(self, payees):
        assert [payees.exists(name) for name in ("bob", "bo", "nobody", "")] == [True, False, False, False]
