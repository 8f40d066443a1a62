"""The API as programs see it."""

from __future__ import annotations

import pytest
from pymongo.errors import AutoReconnect

from contracts.notices import Kind
from notification_service.document import OPENAPI
from notification_service.domain import Attempt, Outcome, family_of
from notification_service.forms import FAMILIES
from notification_service.ports import UNREAD_MAX
from service_kit.api_document import ApiDocument
from service_kit.apidocs import api_routes, documented
from tests.unit.notification_service.events import ANN, BOB, NOW, SHOWN, an_id, opened, posted, rejected
from tests.unit.notification_service.orders import hook
from tests.unit.notification_service.world import World


def bearer(who="bob"):
    return {"Authorization": f"Bearer {who}"}


def listed(client, who="bob", query=""):
    answer = client.get(f"/v1/notifications{query}", headers=bearer(who))
    assert answer.status_code == 200, answer.text
    return answer.json


def words(client, who="bob"):
    return [(each["title"], each["text"]) for each in listed(client, who)["notifications"]]


def test_a_notification_as_a_program_sees_it(client, world):
    world.known(ANN, "ann")
    world.told(posted(7))
    (only,) = listed(client)["notifications"]
    assert only == {
        "id": f"{an_id(7)}.{BOB}.inbox",
        "event_id": an_id(7),
        "kind": "transfer.received",
        "position": 7,
        "occurred_at": "2026-01-02T03:04:05.000Z",
        "created_at": "2026-01-02T03:04:05.000Z",
        "read_at": None,
        "archived_at": None,
        "title": "You received €12.50",
        "text": "From @ann",
        "amount": 1250,
        "currency": "EUR",
        "direction": "in",
        "counterparty": "ann",
        "transfer_id": an_id(7),
        "order": only["order"],
        "account": None,
        "session": None,
        "webhook": None,
        "noticed": None,
        "report": None,
        "alert": None,
    }


def test_what_was_done_about_an_account_names_it_and_no_transfer(client, world):
    world.told(SHOWN["account.closed"] | {"account": SHOWN["account.closed"]["account"] | {"user_id": BOB}})
    (only,) = listed(client)["notifications"]
    assert only["account"] == {"id": SHOWN["account.closed"]["account"]["id"], "currency": "EUR", "purpose": "holiday"}
    assert {only[name] for name in ("transfer_id", "amount", "currency", "direction", "counterparty")} == {None}


def test_a_name_that_arrives_later_is_shown_from_then_on(client, world):
    world.told(posted(1))
    assert words(client) == [("You received €12.50", "From somebody whose name has not arrived yet")]
    world.known(ANN, "ann")
    assert words(client) == [("You received €12.50", "From @ann")]


def test_pages_follow_each_other_without_gap_or_repetition(client, world):
    world.told(*(posted(position) for position in (3, 1, 5, 2, 4)))
    seen, cursor = [], ""
    while cursor is not None:
        page = listed(client, query=f"?limit=2{cursor and '&cursor=' + cursor}")
        seen += [each["position"] for each in page["notifications"]]
        cursor = page["next_cursor"]
    assert seen == [5, 4, 3, 2, 1]


def test_reading_one_and_reading_all(client, world):
    world.told(posted(1), posted(2), posted(3))
    first = listed(client)["notifications"][0]["id"]
    for _ in range(2):
        assert client.post(f"/v1/notifications/{first}/read", headers=bearer()).status_code == 204
    assert listed(client)["unread"] == 2
    assert [each["position"] for each in listed(client, query="?unread=true")["notifications"]] == [2, 1]
    assert client.post("/v1/notifications/read-all", headers=bearer()).json == {"read": 2}
    assert listed(client, query="?unread=true") == {"notifications": [], "next_cursor": None, "unread": 0}
    assert listed(client, "ann")["unread"] == 3


def test_reading_is_taken_back(client, world):
    world.told(posted(1))
    id = listed(client)["notifications"][0]["id"]
    for mark in ("read", "unread", "unread"):
        assert client.post(f"/v1/notifications/{id}/{mark}", headers=bearer()).status_code == 204
    assert (listed(client)["notifications"][0]["read_at"], listed(client)["unread"]) == (None, 1)


def test_what_is_archived_has_left_the_inbox_and_is_found_under_its_filter(client, world):
    world.told(posted(1), posted(2), posted(3))
    second = listed(client)["notifications"][1]["id"]
    for _ in range(2):
        assert client.post(f"/v1/notifications/{second}/archive", headers=bearer()).status_code == 204
    assert [each["position"] for each in listed(client)["notifications"]] == [3, 1]
    (archived,) = listed(client, query="?archived=true")["notifications"]
    assert (archived["id"], archived["archived_at"], archived["read_at"]) == (second, "2026-01-02T03:04:05.000Z", None)
    assert listed(client)["unread"] == 2
    assert client.post("/v1/notifications/read-all", headers=bearer()).json == {"read": 2}

    for _ in range(2):
        assert client.post(f"/v1/notifications/{second}/unarchive", headers=bearer()).status_code == 204
    assert [each["position"] for each in listed(client, query="?unread=true")["notifications"]] == [2]
    assert listed(client, query="?archived=true")["notifications"] == []


def test_how_many_are_unread_can_be_asked_alone(client, world):
    world.told(posted(1), posted(2))
    assert client.get("/v1/notifications/unread", headers=bearer()).json == {"unread": 2}
    world.told(*(posted(position) for position in range(3, UNREAD_MAX + 9)))
    assert client.get("/v1/notifications/unread", headers=bearer()).json == {"unread": UNREAD_MAX}


@pytest.mark.parametrize(
    ("query", "positions"),
    [
        ("kind=transfer.rejected", [4]),
        ("kind=transfer", [4, 3, 1]),
        ("kind=account", [2]),
        ("kind=hold", []),
        ("kind=transfer&unread=true&limit=2", [4, 3]),
        ("from=2026-01-02T03:04:05Z", [4, 3, 2, 1]),
        ("from=2026-01-02T03:04:05.001Z", []),
        ("to=2026-01-02T03:04:05Z", []),
        ("from=2026-01-02&to=2026-01-02", [4, 3, 2, 1]),
        ("from=2026-01-03", []),
        ("to=2026-01-01", []),
        ("from=0001-01-01&to=9999-12-30", [4, 3, 2, 1]),
    ],
)
def test_a_filter_shows_what_it_says(client, world, query, positions):
    account = SHOWN["account.frozen"]["account"] | {"user_id": ANN}
    frozen = SHOWN["account.frozen"] | {"account": account, "position": 2, "occurred_at": posted(1)["occurred_at"]}
    world.told(posted(1), frozen, posted(3), rejected(4))
    assert [each["position"] for each in listed(client, "ann", f"?{query}")["notifications"]] == positions


def test_when_it_was_read_first_is_kept(client, world):
    world.told(posted(1))
    id = listed(client)["notifications"][0]["id"]
    for _ in range(2):
        client.post(f"/v1/notifications/{id}/read", headers=bearer())
        world.clock.advance(60)
    assert listed(client)["notifications"][0]["read_at"] == "2026-01-02T03:04:05.000Z"


def test_somebody_elses_notification_can_neither_be_seen_nor_read(client, world):
    world.told(posted(1))
    anns = listed(client, "ann")["notifications"][0]["id"]
    for mark in ("read", "unread", "archive", "unarchive"):
        assert client.post(f"/v1/notifications/{anns}/{mark}", headers=bearer("bob")).status_code == 404
    assert listed(client, "ann")["unread"] == 1


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=101", "limit=x", "limit=", "cursor=7", "cursor=", "unread=yes", "unread=", "archived=1"),
        *("kind=", "kind=x", "kind=transfer.", "kind=Transfer", "from=yesterday", "from=", "to=2026-13-01", "to=1e9"),
        *("from=0001-01-01T00:00:00%2B14:00", "to=9999-12-31T23:59:59-01:00"),
        *("from=2026-01-02&to=2025-12-31", "to=9999-12-31", "sort=asc", "limit=1&limit=2"),
    ],
)
def test_a_parameter_is_right_or_refused(client, query):
    answer = client.get(f"/v1/notifications?{query}", headers=bearer())
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/v1/notifications"),
        ("post", "/v1/notifications/read-all"),
        ("get", "/v1/notifications/unread"),
        *(("post", f"/v1/notifications/x/{mark}") for mark in ("read", "unread", "archive", "unarchive")),
        ("get", "/v1/notifications/coverage?after=0&upto=1"),
        (
            "get",
            "/v1/notifications/events/x",
        ),
    ],
)
def test_every_route_asks_who_and_whether_they_may(client, method, path):
    assert getattr(client, method)(path).json["code"] == "token_missing"
    wrong = "ann" if "coverage" in path or "events" in path else "ann!pipeline"
    assert getattr(client, method)(path, headers=bearer(wrong)).json["code"] == "scope_missing"


def test_coverage_counts_events_and_notifications_of_a_range(client, world):
    world.told(posted(1, payer=None), opened(2), posted(3), rejected(4), posted(5))
    answer = client.get("/v1/notifications/coverage?after=1&upto=4", headers=bearer("ann!pipeline"))
    assert answer.json == {"after": 1, "upto": 4, "events": 2, "notifications": 3}


@pytest.mark.parametrize("query", ["", "after=1", "after=2&upto=1", "after=-1&upto=2", "after=0&upto=1e3"])
def test_a_range_is_right_or_refused(client, query):
    answer = client.get(f"/v1/notifications/coverage?{query}", headers=bearer("ann!pipeline"))
    assert answer.status_code == 400


def test_what_became_of_one_event(client, world):
    world.told(posted(7))
    answer = client.get(f"/v1/notifications/events/{an_id(7)}", headers=bearer("ann!pipeline")).json
    assert (answer["event_id"], answer["position"]) == (an_id(7), 7)
    assert {(each["user_id"], each["kind"]) for each in answer["notifications"]} == {
        (ANN, "transfer.sent"),
        (BOB, "transfer.received"),
    }
    assert answer["notifications"][0]["consumed_at"] == NOW.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert answer["deliveries"] == []
    assert client.get(f"/v1/notifications/events/{an_id(8)}", headers=bearer("ann!pipeline")).status_code == 404


def test_how_what_went_out_about_an_event_fares(client, world):
    world.told(posted(1))
    world.deliveries.add([hook(1), hook(2)], NOW)
    (claimed,) = world.deliveries.claim({hook(1).lane: 1}, NOW, NOW)
    world.deliveries.put_off(claimed, Attempt(NOW, Outcome.AWAY, 500, 9, "status_500"), NOW)
    answer = client.get(f"/v1/notifications/events/{an_id(1)}", headers=bearer("ann!pipeline")).json
    (delivery,) = answer["deliveries"]
    assert (delivery["channel"], delivery["state"], delivery["attempts"][0]["status"]) == ("webhook", "pending", 500)


def test_a_store_that_is_away_is_a_503(client, world):
    world.store.away = AutoReconnect("away")
    answer = client.get("/v1/notifications", headers=bearer())
    assert (answer.status_code, answer.json["code"]) == (503, "store_unavailable")
    assert answer.headers["Retry-After"]


def test_the_document_names_every_route_of_both_applications():
    world = World()
    assert api_routes(world.web()) | api_routes(world.live()) == documented(OPENAPI)


def test_the_document_names_every_kind():
    schema = ApiDocument.load(OPENAPI).content["components"]["schemas"]["Notification"]
    assert schema["properties"]["kind"]["enum"] == list(Kind)


def test_every_family_of_kinds_can_be_chosen_on_the_page():
    assert set(FAMILIES) == {family_of(kind) for kind in Kind}
