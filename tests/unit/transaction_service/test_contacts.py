"""Contacts over the API: who may keep whom, and what is told of strangers."""

from __future__ import annotations

import pytest

from tests.unit.transaction_service.contacts_contract import ContactsContract, LookupsContract, PayeesContract
from tests.unit.transaction_service.ledgers import a_ledger, paying
from tests.unit.transaction_service.payees_in_memory import ContactsInMemory, LookupsInMemory, PayeesInMemory
from tests.unit.transaction_service.requests import code_of, get
from transaction_service.use_cases.contacts import CONTACTS_MAX, LOOKUPS_PER_HOUR


class TestContactsInMemory(ContactsContract):
    @pytest.fixture
    def contacts(self):
        return ContactsInMemory()


class TestLookupsInMemory(LookupsContract):
    @pytest.fixture
    def lookups(self):
        return LookupsInMemory()


class TestPayeesInMemory(PayeesContract):
    @pytest.fixture
    def payees(self):
        ledger = a_ledger("ann", "bob")
        ledger.ask(paying(1, "ann", "bob", 5))
        ledger.pass_time(days=2)
        ledger.ask(paying(2, "ann", "bob", 5))
        return PayeesInMemory(ledger)


def save(front, username, body=None, who="ann"):
    headers = {"Authorization": f"Bearer {who}"}
    return front.put(f"/v1/contacts/{username}", json=body or {}, headers=headers)


def remove(front, username, who="ann"):
    return front.delete(f"/v1/contacts/{username}", headers={"Authorization": f"Bearer {who}"})


def names(front, who="ann"):
    return [(c["username"], c["label"]) for c in get(front, "/v1/contacts", who).json["contacts"]]


def test_a_contact_is_saved_renamed_and_removed(front):
    assert save(front, " BOB ", {"label": " Landlord "}).status_code == 201
    assert save(front, "bob", {"label": "Bob"}).status_code == 200
    assert names(front) == [("bob", "Bob")]
    assert remove(front, "bob").status_code == 204
    assert code_of(remove(front, "bob")) == (404, "contact_not_found")
    assert names(front) == []


def test_a_contact_tells_when_it_was_paid(front, memory):
    assert save(front, "bob").json["first_paid_at"] is None
    memory.book.ask(paying(1, "ann", "bob", 5))
    assert save(front, "bob").json["last_paid_on"] == "2026-11-01"


@pytest.mark.parametrize(
    ("username", "code"), [("bo", "unknown_payee"), ("nobody", "unknown_payee"), ("ann", "same_account")]
)
def test_only_somebody_else_by_their_exact_name_can_be_saved(front, username, code):
    assert code_of(save(front, username)) == (422, code)
    assert names(front) == []


def test_contacts_are_bounded(front, memory):
    for number in range(CONTACTS_MAX):
        memory.contacts.put("user-ann", memory.contact(f"p{number}"), CONTACTS_MAX)
    assert code_of(save(front, "bob")) == (409, "too_many_contacts")


def test_asking_after_strangers_is_limited_by_the_hour(front, memory):
    for number in range(LOOKUPS_PER_HOUR):
        assert code_of(save(front, f"guess-{number}")) == (422, "unknown_payee")
    refused = save(front, "bob")
    assert code_of(refused) == (429, "too_many_lookups")
    assert refused.headers["Retry-After"] == "1801"
    counted = {
        o: memory.registry.get_sample_value("payee_lookups_total", {"outcome": o}) for o in ("counted", "refused")
    }
    assert counted == {"counted": LOOKUPS_PER_HOUR, "refused": 1}
    assert save(front, "bob", who="cem").status_code == 201
    memory.book.pass_time(minutes=31)
    assert save(front, "bob").status_code == 201


def test_who_is_known_already_is_no_stranger(front, memory):
    save(front, "bob")
    for number in range(LOOKUPS_PER_HOUR):
        save(front, f"guess-{number}")
    assert save(front, "bob", {"label": "Bob"}).status_code == 200


def test_who_is_removed_in_another_window_while_being_saved_was_saved(front, memory):
    put = memory.contacts.put

    def put_and_lose(user_id, contact, most):
        saved = put(user_id, contact, most)
        memory.contacts.remove(user_id, contact.username)
        return saved

    memory.contacts.put = put_and_lose
    assert save(front, "bob", {"label": "Bob"}).status_code == 201
    assert names(front) == []
