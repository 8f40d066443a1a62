"""What the rules remember, over memory and over MongoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from notification_service.domain import notifications_of
from notification_service.ports import Pair
from notification_service.storage.notifications import MongoNotifications
from notification_service.storage.payments import MongoPayments, latest_payments
from tests.unit.notification_service.events import ANN, BOB, EVE, NOW, posted, rejected


def told(stores, *events):
    stores.notifications.add([each for event in events for each in notifications_of(event)], NOW, NOW)


def test_the_first_event_of_a_pair_stays_the_first(stores):
    payments = stores.payments
    asked = [Pair(ANN, BOB, "e1"), Pair(ANN, EVE, "e1"), Pair(ANN, BOB, "e2"), Pair(BOB, ANN, "e3")]
    for _ in range(2):
        assert payments.first(asked) == [True, True, False, True]
    assert payments.first([Pair(ANN, BOB, "e0")]) == [False]
    assert payments.first([]) == []


def test_when_an_account_has_paid_is_what_its_owner_was_told(stores):
    def ms(minutes):
        return round((NOW + timedelta(minutes=minutes)).timestamp() * 1000)

    told(
        stores,
        *(posted(n, after=timedelta(minutes=n)) for n in (3, 1, 4, 2)),
        posted(5, payer=BOB, payee=ANN, account="b"),
        posted(6, payee=ANN),
        rejected(7),
    )
    before = stores.payments.before
    assert before({"p": 4}, 10)["p"] == [ms(1), ms(2), ms(3)]
    assert before({"p": 9, "b": 9}, 2) == {"p": [ms(3), ms(4)], "b": [ms(0)]}
    assert before({"p": 1, "x": 9}, 2) in ({"p": [], "x": []}, {})


def test_of_who_has_gone_nothing_is_remembered(stores):
    payments = stores.payments
    payments.first([Pair(ANN, BOB, "e1"), Pair(BOB, ANN, "e2")])
    payments.forget([ANN])
    payments.forget([])
    assert payments.first([Pair(ANN, BOB, "e3"), Pair(BOB, ANN, "e3")]) == [True, False]


def test_of_many_members_who_ask_at_once_about_a_pair_one_event_is_the_first(collections):
    payments = MongoPayments(collections)
    pairs = [Pair(ANN, f"payee-{n}", "") for n in range(50)]

    def ask(member):
        return payments.first([Pair(pair.payer, pair.payee, f"event-{member}") for pair in pairs])

    with ThreadPoolExecutor(6) as members:
        answers = list(members.map(ask, range(6)))
    assert [sum(column) for column in zip(*answers, strict=True)] == [1] * len(pairs)
    assert [ask(member) for member in range(6)] == answers


def test_the_payees_of_a_person_have_an_index(collections):
    MongoPayments(collections).first([Pair(ANN, BOB, "e1")])
    plan = str(collections.payees.find({"_id": {"$regex": f"^{ANN}\\."}}).explain()["queryPlanner"]["winningPlan"])
    assert "'indexName': '_id_'" in plan


def test_the_payments_of_an_account_are_read_from_an_index_and_no_more_than_asked_for(collections):
    store = MongoNotifications(collections)
    store.add([each for n in range(1, 301) for each in notifications_of(posted(n))], NOW, NOW)
    assert len(MongoPayments(collections).before({"p": 200}, 5)["p"]) == 5
    command = {"aggregate": 1, "pipeline": latest_payments({"p": 200}, 5, "notifications"), "cursor": {}}
    plan = collections.database.command("explain", command, verbosity="executionStats")
    (lookup,) = (stage for stage in plan["stages"] if "$lookup" in stage)
    assert lookup["indexesUsed"] == ["paid"]
    assert (lookup["totalKeysExamined"], lookup["totalDocsExamined"]) == (5, 5)
