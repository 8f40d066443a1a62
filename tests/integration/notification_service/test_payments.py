"""What the rules remember, over memory and over MongoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from notification_service.domain import Spree
from notification_service.ports import Owned, Pair
from notification_service.storage.payments import MongoPayments
from tests.unit.notification_service.events import ANN, BOB, EVE


def owned(upto, *times, user_id=ANN, currency="EUR"):
    return Owned(user_id, currency, Spree(upto, times))


def test_the_first_event_of_a_pair_stays_the_first(stores):
    payments = stores.payments
    asked = [Pair(ANN, BOB, "e1"), Pair(ANN, EVE, "e1"), Pair(ANN, BOB, "e2"), Pair(BOB, ANN, "e3")]
    for _ in range(2):
        assert payments.first(asked) == [True, True, False, True]
    assert payments.first([Pair(ANN, BOB, "e0")]) == [False]
    assert payments.first([]) == []


def test_an_account_is_remembered_up_to_the_latest_position(stores):
    payments = stores.payments
    assert payments.sprees(["a", "b"]) == {}
    payments.remember({"a": owned(5, 100, 200), "b": owned(6)})
    payments.remember({"a": owned(4, 1)})
    payments.remember({"a": owned(5, 2)})
    assert payments.sprees(["a", "b", "c"]) == {"a": Spree(5, (100, 200)), "b": Spree(6)}
    payments.remember({"a": owned(7, 300)})
    payments.remember({})
    assert payments.sprees(["a"]) == {"a": Spree(7, (300,))}
    assert payments.sprees([]) == {}


def test_a_person_has_paid_in_these_currencies(stores):
    stores.payments.remember({"a": owned(1, currency="USD"), "b": owned(2), "c": owned(3), "d": owned(4, user_id=BOB)})
    assert stores.payments.currencies(ANN) == ["EUR", "USD"]
    assert stores.payments.currencies(EVE) == []


def test_of_who_has_gone_nothing_is_remembered(stores):
    payments = stores.payments
    payments.first([Pair(ANN, BOB, "e1"), Pair(BOB, ANN, "e2")])
    payments.remember({"a": owned(1), "b": owned(2, user_id=BOB)})
    payments.forget([ANN])
    payments.forget([])
    assert payments.first([Pair(ANN, BOB, "e3"), Pair(BOB, ANN, "e3")]) == [True, False]
    assert payments.sprees(["a", "b"]) == {"b": Spree(2)}


def test_of_many_members_who_ask_at_once_about_a_pair_one_event_is_the_first(collections):
    payments = MongoPayments(collections)
    pairs = [Pair(ANN, f"payee-{n}", "") for n in range(50)]

    def ask(member):
        return payments.first([Pair(pair.payer, pair.payee, f"event-{member}") for pair in pairs])

    with ThreadPoolExecutor(6) as members:
        answers = list(members.map(ask, range(6)))
    assert [sum(column) for column in zip(*answers, strict=True)] == [1] * len(pairs)
    assert [ask(member) for member in range(6)] == answers


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (lambda c: c.payees.find({"_id": {"$regex": f"^{ANN}\\."}}), "_id_"),
        (lambda c: c.paying_accounts.find({"user_id": ANN}), "owner"),
    ],
)
def test_each_question_has_its_index(collections, query, index):
    MongoPayments(collections).first([Pair(ANN, BOB, "e1")])
    plan = str(query(collections).explain()["queryPlanner"]["winningPlan"])
    assert f"'indexName': '{index}'" in plan
