"""Webhooks as programs see them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pymongo.errors import AutoReconnect
from standardwebhooks import Webhook

from contracts.notices import Kind
from notification_service.domain import Attempt, Channel, DeliveryState, Outcome
from notification_service.domain.endpoint import GIVE_UP_AFTER, OVERLAP, Disabled
from tests.unit.notification_service.events import ANN, NOW, an_id
from tests.unit.notification_service.test_api import bearer

URL = "https://example.com/hooks"


def ask(client, method, path="", who="ann", **body):
    more = {"json": body} if body or method in ("post-body", "patch") else {}
    return getattr(client, method)(f"/v1/webhooks{path}", headers=bearer(who), **more)


def create(client, url=URL, **more):
    answer = ask(client, "post", url=url, **more)
    assert answer.status_code == 201, answer.text
    return answer.json


def attempted(world, delivery_id, attempt, state=None):
    """The deliverer has been here: it is over, or put off."""
    (claimed,) = [
        each
        for each in world.deliveries.claim({_lane(world, delivery_id): 100}, NOW, NOW + timedelta(minutes=1))
        if each.delivery.id == delivery_id
    ]
    if state:
        assert world.deliveries.finish(claimed, attempt, state, NOW)
    else:
        assert world.deliveries.put_off(claimed, attempt, NOW + timedelta(minutes=5))


def _lane(world, delivery_id):
    return world.deliveries.find(delivery_id).delivery.lane


def test_a_new_webhook_is_told_with_its_secret_and_never_again(client):
    answer = ask(client, "post", url=URL, description="books", kinds=["transfer.received", "hold.placed"])
    assert answer.headers["Cache-Control"] == "no-store"
    secret, webhook = answer.json["secret"], answer.json["webhook"]
    assert Webhook(secret)
    assert webhook == {
        "id": webhook["id"],
        "url": URL,
        "description": "books",
        "kinds": ["hold.placed", "transfer.received"],
        "enabled": True,
        "disabled_reason": None,
        "disabled_at": None,
        "failing_since": None,
        "previous_secret_until": None,
        "created_at": "2026-01-02T03:04:05.000Z",
    }
    assert ask(client, "get").json == {"webhooks": [webhook]}
    one = ask(client, "get", f"/{webhook['id']}")
    assert one.json == webhook
    assert secret not in one.text


def test_a_secret_is_kept_encrypted(client, world):
    made = create(client)
    (endpoint,) = world.endpoints.of(ANN)
    secret = Webhook(made["secret"])._whsecret
    assert secret not in endpoint.secrets[0].sealed
    assert world.box.open(endpoint.secrets[0].sealed) == secret


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "https://10.0.0.1/", "https://u:p@example.com/", "https://example.com:22/", "nonsense"],
)
def test_a_url_that_may_not_be_told_is_refused_when_it_is_given_and_when_it_is_changed(client, url):
    made = create(client)["webhook"]
    for answer in (ask(client, "post", url=url), ask(client, "patch", f"/{made['id']}", url=url)):
        assert (answer.status_code, answer.json["code"]) == (400, "webhook_url_not_allowed")
        assert answer.json["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"description": "no url"},
        {"url": URL, "kinds": []},
        {"url": URL, "kinds": ["nonsense"]},
        {"url": URL, "kinds": ["operator.alert"]},
        {"url": URL, "kinds": "transfer.sent"},
        {"url": URL, "description": "x" * 101},
        {"url": URL, "description": "a\0b"},
        {"url": URL, "description": "a\nb"},
        {"url": URL, "description": "books \u202egro.knab"},
        {"url": "https://example.com/" + "x" * 500},
        {"url": URL, "enabled": True},
        {"url": URL, "secret": "whsec_mine"},
        {"url": 1},
    ],
)
def test_a_body_that_is_not_as_documented_is_refused(client, body):
    answer = ask(client, "post", **body)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert ask(client, "get").json == {"webhooks": []}


def test_a_person_has_ten(client):
    for _ in range(10):
        create(client)
    answer = ask(client, "post", url=URL)
    assert (answer.status_code, answer.json["code"]) == (409, "too_many_webhooks")
    assert len(ask(client, "get").json["webhooks"]) == 10
    assert ask(client, "post", who="bob", url=URL).status_code == 201


def test_a_change_leaves_what_it_does_not_name(client):
    id = create(client, kinds=["transfer.sent"], description="a")["webhook"]["id"]
    assert ask(client, "patch", f"/{id}", description="b").json["kinds"] == ["transfer.sent"]
    changed = ask(client, "patch", f"/{id}", kinds=None, url="https://example.com/other").json
    assert (changed["kinds"], changed["url"], changed["description"]) == (None, "https://example.com/other", "b")
    assert ask(client, "patch", f"/{id}").status_code == 400


def test_enabling_again_holds_nothing_against_it(client, world):
    id = create(client)["webhook"]["id"]
    world.endpoints.failed(id, URL, NOW - GIVE_UP_AFTER)
    world.endpoints.disable(id, Disabled.FAILING, NOW)
    told = ask(client, "get", f"/{id}").json
    assert (told["enabled"], told["disabled_reason"], told["failing_since"]) == (
        False,
        "failing",
        "2025-12-28T03:04:05.000Z",
    )
    told = ask(client, "patch", f"/{id}", enabled=True).json
    assert (told["enabled"], told["disabled_reason"], told["failing_since"]) == (True, None, None)
    assert ask(client, "patch", f"/{id}", enabled=False).json["disabled_reason"] == "by_owner"


def test_a_new_secret_and_for_a_day_both_sign(client, world):
    made = create(client)
    id = made["webhook"]["id"]
    answer = ask(client, "post", f"/{id}/secret")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["secret"] != made["secret"]
    assert answer.json["webhook"]["previous_secret_until"] == "2026-01-03T03:04:05.000Z"
    assert len(world.endpoints.find(id).signing(NOW)) == 2
    world.clock.advance(OVERLAP.total_seconds())
    assert ask(client, "get", f"/{id}").json["previous_secret_until"] is None


def test_its_owner_is_told_of_whatever_lets_messages_go_elsewhere_or_be_signed(client, world):
    id = create(client, description="Your bank")["webhook"]["id"]
    ask(client, "patch", f"/{id}", url="https://evil.example/", description="Your bank")
    ask(client, "patch", f"/{id}", url="https://evil.example/", kinds=["welcome"])
    ask(client, "post", f"/{id}/secret")
    assert [(each.user_id, each.channel, each.kind, each.webhook.name) for each in world.notices] == [
        (ANN, Channel.INBOX, Kind.WEBHOOK_ADDED, "example.com"),
        (ANN, Channel.INBOX, Kind.WEBHOOK_MOVED, "evil.example"),
        (ANN, Channel.INBOX, Kind.WEBHOOK_SECRET_REPLACED, "evil.example"),
    ]
    assert len({each.id for each in world.notices}) == 3


def test_nobody_is_told_of_a_webhook_that_is_not_added(client, world):
    for _ in range(10):
        create(client)
    world.notices.clear()
    ask(client, "post", url=URL)
    ask(client, "post", url="http://example.com/")
    ask(client, "post", who="bob", url=URL, description="a\0b")
    assert world.notices == []


def test_who_can_not_be_told_adds_nothing(client, world, monkeypatch):
    def away(notice):
        raise AutoReconnect("away")

    monkeypatch.setattr(world.webhooks, "_tell", away)
    assert ask(client, "post", url=URL).status_code == 503
    assert ask(client, "get").json == {"webhooks": []}


def test_another_url_has_nothing_held_against_it(client, world):
    id = create(client)["webhook"]["id"]
    world.endpoints.failed(id, URL, NOW)
    assert ask(client, "patch", f"/{id}", description="b").json["failing_since"]
    assert ask(client, "patch", f"/{id}", url="https://example.com/new").json["failing_since"] is None
    world.endpoints.failed(id, URL, NOW)  # an attempt that had begun before
    assert world.endpoints.mended([id]) == [id]


def test_what_its_owner_asks_for_waits_for_no_breaker(client, world):
    id = create(client)["webhook"]["id"]
    ordered = ask(client, "post", f"/{id}/test").json
    assert _lane(world, ordered["id"]) == f"webhook:{id}:asked"
    attempted(world, ordered["id"], Attempt(NOW, Outcome.DELIVERED, 204), DeliveryState.DELIVERED)
    assert _lane(world, ordered["id"]) == f"webhook:{id}"
    ask(client, "post", f"/{id}/deliveries/{ordered['id']}/resend")
    assert _lane(world, ordered["id"]) == f"webhook:{id}:asked"


def test_what_waits_since_the_endpoint_rests_says_so(client, world):
    id = create(client)["webhook"]["id"]
    ordered = ask(client, "post", f"/{id}/test").json
    assert (ordered["resting"], ordered["next_attempt_at"]) == (False, None)
    world.endpoints.failed(id, URL, NOW)
    attempted(world, ordered["id"], Attempt(NOW, Outcome.AWAY, 503, 12, "status_503"))
    world.clock.advance(600)
    (logged,) = ask(client, "get", f"/{id}/deliveries").json["deliveries"]
    assert (logged["resting"], logged["next_attempt_at"]) == (True, None)


def test_thirty_are_sent_again_in_a_minute(client, world):
    id = create(client)["webhook"]["id"]
    ordered = ask(client, "post", f"/{id}/test").json["id"]
    for _ in range(30):
        attempted(world, ordered, Attempt(NOW, Outcome.DELIVERED, 204), DeliveryState.DELIVERED)
        assert ask(client, "post", f"/{id}/deliveries/{ordered}/resend").status_code == 202
    attempted(world, ordered, Attempt(NOW, Outcome.DELIVERED, 204), DeliveryState.DELIVERED)
    answer = ask(client, "post", f"/{id}/deliveries/{ordered}/resend")
    assert (answer.status_code, answer.json["code"]) == (429, "too_many_webhook_resends")
    assert answer.headers["Retry-After"] == "60"
    world.clock.advance(60)
    assert ask(client, "post", f"/{id}/deliveries/{ordered}/resend").status_code == 202


def test_thirty_changes_in_ten_minutes_are_told_and_more_are_refused(client, world):
    id = create(client)["webhook"]["id"]
    for _ in range(14):
        assert ask(client, "post", f"/{id}/secret").status_code == 200
        assert ask(client, "patch", f"/{id}", url=f"https://example.com/{len(world.notices)}").status_code == 200
    (first, *_) = world.store.stored
    assert world.store.archive(ANN, first, NOW)
    assert ask(client, "post", f"/{id}/secret").status_code == 200
    refused = [
        ask(client, "post", f"/{id}/secret"),
        ask(client, "patch", f"/{id}", url="https://example.com/one-more"),
        ask(client, "post", url=URL),
    ]
    assert {(each.status_code, each.json["code"]) for each in refused} == {(429, "too_many_webhook_changes")}
    assert refused[0].headers["Retry-After"] == "600"
    assert ask(client, "patch", f"/{id}", description="books").status_code == 200
    assert ask(client, "post", who="bob", url=URL).status_code == 201
    assert len(world.notices) == 31
    world.clock.advance(601)
    assert ask(client, "post", f"/{id}/secret").status_code == 200


def test_a_deleted_one_is_gone(client):
    id = create(client)["webhook"]["id"]
    assert ask(client, "delete", f"/{id}").status_code == 204
    assert ask(client, "delete", f"/{id}").status_code == 404
    assert ask(client, "get").json == {"webhooks": []}


def test_a_test_is_ordered_as_a_delivery_and_shows_in_the_log(client, world):
    id = create(client)["webhook"]["id"]
    answer = ask(client, "post", f"/{id}/test")
    assert answer.status_code == 202
    told = answer.json
    assert (told["kind"], told["state"], told["attempts"]) == ("webhook.test", "pending", [])
    assert told["webhook_id"].startswith("msg_")
    assert "." not in told["webhook_id"]
    attempted(world, told["id"], Attempt(NOW, Outcome.AWAY, 503, 12, "status_503"))
    (logged,) = ask(client, "get", f"/{id}/deliveries").json["deliveries"]
    assert logged["attempts"] == [
        {"at": "2026-01-02T03:04:05.000Z", "outcome": "away", "status": 503, "latency_ms": 12, "cause": "status_503"}
    ]
    assert (logged["state"], logged["next_attempt_at"]) == ("pending", "2026-01-02T03:09:05.000Z")


def test_five_tests_a_minute_whichever_webhook_they_go_to(client, world):
    for _ in range(5):
        id = create(client)["webhook"]["id"]
        assert ask(client, "post", f"/{id}/test").status_code == 202
        ask(client, "delete", f"/{id}")
    id = create(client)["webhook"]["id"]
    answer = ask(client, "post", f"/{id}/test")
    assert (answer.status_code, answer.json["code"]) == (429, "too_many_webhook_tests")
    assert answer.headers["Retry-After"] == "60"
    world.clock.advance(60)
    assert ask(client, "post", f"/{id}/test").status_code == 202


def test_the_log_pages_without_gap_or_repetition(client, world):
    id = create(client)["webhook"]["id"]
    for _ in range(5):
        world.clock.advance(30)
        ask(client, "post", f"/{id}/test")
    first = ask(client, "get", f"/{id}/deliveries?limit=3").json
    second = ask(client, "get", f"/{id}/deliveries?limit=3&cursor={first['next_cursor']}").json
    times = [each["created_at"] for each in first["deliveries"] + second["deliveries"]]
    assert times == sorted(set(times), reverse=True)
    assert (len(times), second["next_cursor"]) == (5, None)
    for query in ("?limit=0", "?limit=101", "?nonsense=1"):
        assert ask(client, "get", f"/{id}/deliveries{query}").status_code == 400


@pytest.mark.parametrize("state", [DeliveryState.DELIVERED, DeliveryState.DEAD, DeliveryState.CANCELLED])
def test_what_is_over_is_sent_again_with_the_same_id(client, world, state):
    id = create(client)["webhook"]["id"]
    ordered = ask(client, "post", f"/{id}/test").json
    attempted(world, ordered["id"], Attempt(NOW, Outcome.DELIVERED, 200, 5), state)
    answer = ask(client, "post", f"/{id}/deliveries/{ordered['id']}/resend")
    assert answer.status_code == 202
    assert (answer.json["state"], answer.json["webhook_id"]) == ("pending", ordered["webhook_id"])
    assert len(answer.json["attempts"]) == 1
    again = ask(client, "post", f"/{id}/deliveries/{ordered['id']}/resend")
    assert (again.status_code, again.json["code"]) == (409, "delivery_pending")


def test_nothing_is_sent_by_hand_to_one_that_is_disabled(client):
    id = create(client)["webhook"]["id"]
    ordered = ask(client, "post", f"/{id}/test").json
    ask(client, "patch", f"/{id}", enabled=False)
    for path in (f"/{id}/test", f"/{id}/deliveries/{ordered['id']}/resend"):
        answer = ask(client, "post", path)
        assert (answer.status_code, answer.json["code"]) == (409, "webhook_disabled")


def test_what_is_somebody_elses_does_not_exist(client):
    theirs, other = create(client)["webhook"]["id"], an_id(0x9999)
    sent = ask(client, "post", f"/{theirs}/test").json["id"]
    own = ask(client, "post", who="bob", url=URL).json["webhook"]["id"]
    for id in (theirs, other):
        for method, path, body in (
            ("get", f"/{id}", {}),
            ("patch", f"/{id}", {"enabled": False}),
            ("delete", f"/{id}", {}),
            ("post", f"/{id}/secret", {}),
            ("post", f"/{id}/test", {}),
            ("get", f"/{id}/deliveries", {}),
            ("post", f"/{id}/deliveries/{sent}/resend", {}),
        ):
            answer = ask(client, method, path, who="bob", **body)
            assert (answer.status_code, answer.json["code"]) == (404, "not_found"), (method, path)
    assert ask(client, "post", f"/{own}/deliveries/{sent}/resend", who="bob").status_code == 404
    assert ask(client, "get", f"/{theirs}").json["enabled"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("post", ""),
        ("get", "/x"),
        ("patch", "/x"),
        ("delete", "/x"),
        ("post", "/x/secret"),
        ("post", "/x/test"),
        ("get", "/x/deliveries"),
        ("post", "/x/deliveries/y/resend"),
    ],
)
def test_every_route_asks_who_and_whether_they_may(client, method, path):
    assert getattr(client, method)(f"/v1/webhooks{path}").json["code"] == "token_missing"
    assert ask(client, method, path, who="ann!pipeline").json["code"] == "scope_missing"
    assert ask(client, method, path).status_code in (200, 400, 415)
