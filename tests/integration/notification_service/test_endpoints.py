"""What the store of webhook endpoints promises, over memory and over MongoDB."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from notification_service.domain.endpoint import Disabled, Endpoint, Failing, SealedSecret, Subscription, rotated
from notification_service.storage.endpoints import MongoEndpoints
from tests.unit.notification_service.events import ANN, BOB, EVE, NOW, an_id

LATER = NOW + timedelta(hours=1)


def endpoint(number=1, user_id=ANN, **changes):
    url = f"https://example.com/{number}"
    kinds = frozenset({"transfer.sent", "hold.placed"})
    made = Endpoint(an_id(number), user_id, url, "mine", kinds, (SealedSecret(b"sealed"),), NOW, NOW)
    return replace(made, **changes)


def test_what_is_kept_comes_back_whole(stores):
    whole = endpoint(secrets=(SealedSecret(b"new"), SealedSecret(b"old", LATER)), to_show_until=LATER)
    broken = endpoint(2, kinds=None, disabled=Disabled.GONE, disabled_at=NOW, failing=Failing(NOW, 3))
    assert stores.endpoints.add(whole, 10)
    assert stores.endpoints.add(broken, 10)
    assert stores.endpoints.of(ANN) == [whole, broken]
    assert stores.endpoints.find(broken.id) == broken
    assert (stores.endpoints.of(BOB), stores.endpoints.find(an_id(9))) == ([], None)


def test_a_person_has_so_many_and_one_more_when_another_is_removed(stores):
    assert [stores.endpoints.add(endpoint(number), 2) for number in (1, 2, 3)] == [True, True, False]
    assert stores.endpoints.add(endpoint(4, BOB), 2)
    assert not stores.endpoints.remove(BOB, an_id(1))
    assert stores.endpoints.remove(ANN, an_id(1))
    assert not stores.endpoints.remove(ANN, an_id(1))
    assert stores.endpoints.add(endpoint(3), 2)
    assert [each.id for each in stores.endpoints.of(ANN)] == [an_id(2), an_id(3)]


def test_only_the_owner_changes_what_is_sent_where(stores):
    stores.endpoints.add(endpoint(), 10)
    changed = endpoint(url="https://example.com/new", description="", kinds=None, secrets=(SealedSecret(b"other"),))
    assert not stores.endpoints.change(replace(changed, user_id=BOB))
    assert not stores.endpoints.change(replace(changed, id=an_id(9)))
    assert stores.endpoints.change(changed)
    assert stores.endpoints.find(an_id(1)) == replace(changed, secrets=(SealedSecret(b"sealed"),))


def test_of_two_who_replace_a_secret_at_once_one_does(stores):
    stores.endpoints.add(endpoint(), 10)
    before = endpoint().secrets
    first, second = rotated(before, b"first", NOW), rotated(before, b"second", NOW)
    assert stores.endpoints.replace_secrets(an_id(1), before, first)
    assert not stores.endpoints.replace_secrets(an_id(1), before, second)
    assert not stores.endpoints.replace_secrets(an_id(9), before, second)
    assert stores.endpoints.find(an_id(1)).secrets == first


def test_failures_count_from_the_first_until_an_attempt_succeeds(stores):
    stores.endpoints.add(endpoint(), 10)
    assert stores.endpoints.failed(an_id(1), endpoint().url, NOW) == Failing(NOW, 1)
    assert stores.endpoints.failed(an_id(1), endpoint().url, LATER) == Failing(NOW, 2)
    assert stores.endpoints.find(an_id(1)).failing == Failing(NOW, 2)
    stores.endpoints.answered(an_id(1))
    assert stores.endpoints.find(an_id(1)).failing is None
    assert stores.endpoints.failed(an_id(1), endpoint().url, LATER) == Failing(LATER, 1)
    assert stores.endpoints.failed(an_id(9), endpoint().url, LATER) is None
    assert stores.endpoints.find(an_id(9)) is None


def test_what_failed_at_one_url_is_not_held_against_another(stores):
    stores.endpoints.add(endpoint(1), 10)
    stores.endpoints.add(endpoint(2), 10)
    for number in (1, 2):
        stores.endpoints.failed(an_id(number), endpoint(number).url, NOW)
    both = [an_id(1), an_id(2), an_id(9)]
    assert stores.endpoints.mended(both) == []
    assert stores.endpoints.change(endpoint(1, description="another"))
    assert stores.endpoints.find(an_id(1)).failing == Failing(NOW, 1)
    assert stores.endpoints.change(endpoint(1, url="https://example.com/mended"))
    stores.endpoints.failed(an_id(1), endpoint().url, LATER)
    assert stores.endpoints.mended(both) == [an_id(1)]
    stores.endpoints.answered(an_id(2))
    assert sorted(stores.endpoints.mended(both)) == [an_id(1), an_id(2)]


def test_a_secret_is_shown_once_to_its_owner_within_its_time(stores):
    stores.endpoints.add(endpoint(1, to_show_until=LATER), 10)
    assert stores.endpoints.show_once(BOB, an_id(1), NOW) is None
    assert stores.endpoints.show_once(ANN, an_id(1), LATER) is None
    assert stores.endpoints.show_once(ANN, an_id(1), NOW).id == an_id(1)
    assert stores.endpoints.show_once(ANN, an_id(1), NOW) is None
    before = endpoint().secrets
    assert stores.endpoints.replace_secrets(an_id(1), before, rotated(before, b"new", NOW), LATER)
    assert stores.endpoints.show_once(ANN, an_id(1), NOW).secrets[0].sealed == b"new"


def test_so_many_are_sent_again_within_a_time_and_no_more(stores):
    stores.endpoints.add(endpoint(), 10)
    again = [stores.endpoints.note_resend(an_id(1), NOW - timedelta(minutes=1), 3, NOW) for _ in range(4)]
    assert again == [True, True, True, False]
    assert stores.endpoints.note_resend(an_id(1), NOW, 3, LATER)
    assert not stores.endpoints.note_resend(an_id(9), NOW, 3, LATER)


def test_it_is_disabled_once_and_enabled_with_nothing_held_against_it(stores):
    stores.endpoints.add(endpoint(), 10)
    stores.endpoints.failed(an_id(1), endpoint().url, NOW)
    assert stores.endpoints.disable(an_id(1), Disabled.FAILING, NOW)
    assert not stores.endpoints.disable(an_id(1), Disabled.GONE, LATER)
    stores.endpoints.answered(an_id(1))  # by an attempt that was under way
    found = stores.endpoints.find(an_id(1))
    assert (found.disabled, found.disabled_at) == (Disabled.FAILING, NOW)
    assert found.failing is not None
    assert stores.endpoints.enable(an_id(1), LATER)
    assert stores.endpoints.find(an_id(1)) == endpoint(enabled_at=LATER)
    assert not stores.endpoints.enable(an_id(9), LATER)
    assert not stores.endpoints.disable(an_id(9), Disabled.GONE, LATER)
    assert not stores.endpoints.disable(an_id(1), Disabled.GONE, LATER, "https://example.com/before")
    assert stores.endpoints.disable(an_id(1), Disabled.GONE, LATER, endpoint().url)


def test_of_many_people_those_who_have_enabled_ones(stores):
    for made in (endpoint(1), endpoint(2, kinds=None), endpoint(3, BOB), endpoint(4, EVE)):
        stores.endpoints.add(made, 10)
    stores.endpoints.disable(an_id(3), Disabled.BY_OWNER, NOW)
    found = stores.endpoints.subscribed([ANN, BOB, *(an_id(number) for number in range(1000, 2000))])
    assert sorted(found[ANN], key=lambda each: each.id) == [
        Subscription(an_id(1), frozenset({"transfer.sent", "hold.placed"})),
        Subscription(an_id(2), None),
    ]
    assert set(found) == {ANN}
    assert stores.endpoints.subscribed([]) == {}


def test_people_who_are_gone_have_none(stores):
    for made in (endpoint(1), endpoint(2), endpoint(3, BOB)):
        stores.endpoints.add(made, 10)
    stores.endpoints.forget([])
    stores.endpoints.forget([ANN, EVE])
    assert (stores.endpoints.of(ANN), len(stores.endpoints.of(BOB))) == ([], 1)


# What only the real one has.


def test_nobody_gets_more_by_asking_for_many_at_once(collections):
    store = MongoEndpoints(collections)
    with ThreadPoolExecutor(8) as people:
        added = list(people.map(lambda number: store.add(endpoint(number), 10), range(1, 31)))
    assert sum(added) == len(store.of(ANN)) == 10


def test_a_batch_asks_by_its_index(collections):
    store = MongoEndpoints(collections)
    store.add(endpoint(), 10)
    query = {"user_id": {"$in": [an_id(number) for number in range(500)]}, "disabled": None}
    assert "'indexName': 'places'" in str(collections.endpoints.find(query).explain()["queryPlanner"]["winningPlan"])
