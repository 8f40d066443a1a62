"""The promises of contacts, over a real MongoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.unit.transaction_service.contacts_contract import (
    ContactsContract,
    LookupsContract,
    PayeesContract,
    keeping,
)
from tests.unit.transaction_service.ledgers import NOW, paying
from transaction_service.ports import Saved
from transaction_service.storage.contacts import MongoContacts, MongoLookups, MongoPayees


@pytest.fixture
def contacts(collections) -> MongoContacts:
    return MongoContacts(collections)


class TestMongoContacts(ContactsContract):
    pass


class TestMongoLookups(LookupsContract):
    @pytest.fixture
    def lookups(self, collections):
        return MongoLookups(collections)


class TestMongoPayees(PayeesContract):
    @pytest.fixture
    def payees(self, collections, ledger, lease, people):
        ledger.commit(lease, [paying(1, "ann", "bob", 5)], NOW)
        ledger.commit(lease, [paying(2, "ann", "bob", 5)], NOW + timedelta(days=2))
        return MongoPayees(collections)


def test_a_hundred_savers_at_once_fill_the_list_exactly(contacts):
    with ThreadPoolExecutor(16) as threads:
        ended = list(threads.map(lambda n: contacts.put("user-ann", keeping(f"p{n % 50}"), 20), range(100)))
    assert ended.count(Saved.NEW) == 20
    assert len({contact.username for contact in contacts.of("user-ann")}) == len(contacts.of("user-ann")) == 20


def test_a_count_goes_with_its_hour(collections):
    MongoLookups(collections).count("user-ann", NOW)
    assert collections.lookups.find_one()["over_at"] == NOW + timedelta(hours=1)
    assert collections.lookups.index_information()["over_at_1"]["expireAfterSeconds"] == 0
