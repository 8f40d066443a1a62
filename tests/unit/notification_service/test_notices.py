"""What services have people told of: once, by the ways that they want."""

from __future__ import annotations

import pytest

from contracts.notices import Kind
from contracts.session import COOKIE_NAME
from notification_service.domain import Channel, Notification, Preferences, Report, Subject
from notification_service.domain.delivery import Delivery
from notification_service.storage.notification_document import notification_document, notification_of
from notification_service.webhooks.message import body_of
from tests.unit.notification_service.events import ANN, NOW, an_id

READY = {
    "event_id": an_id(0xAA),
    "user_id": ANN,
    "kind": "report.ready",
    "occurred_at": "2026-11-01T09:31:00.000Z",
    "report": {"id": an_id(3), "name": "Per day", "rows": 31, "kept_until": "2026-11-08T10:31:00+01:00"},
}
FAILED = READY | {"kind": "report.failed", "report": {"id": an_id(3), "name": "Per day"}}


def send(client, notice, who="ann!notices"):
    return client.post("/v1/notices", json=notice, headers={"Authorization": f"Bearer {who}"})


def inbox(client):
    return client.get("/v1/notifications", headers={"Authorization": "Bearer ann"}).json["notifications"]


def test_a_report_that_is_ready_is_told_with_the_way_to_it(client, world):
    assert send(client, READY).status_code == 204
    (told,) = inbox(client)
    assert (told["kind"], told["title"]) == ("report.ready", "Your report is ready: Per day")
    assert told["text"] == "Rows: 31. It is kept until Nov 8, 2026, 09:31:00 UTC."
    assert told["report"] == {
        "id": an_id(3), "name": "Per day", "rows": 31, "kept_until": "2026-11-08T09:31:00.000Z"
    }  # fmt: skip
    assert told["position"] is None
    assert world.hints.told == [{ANN}]
    client.set_cookie(COOKIE_NAME, "ann")
    page = client.get("/inbox", headers={"Accept": "text/html"}).text
    assert f'href="http://localhost:5003/jobs/{an_id(3)}"' in page


def test_one_that_could_not_be_made_is_told_too(client):
    assert send(client, FAILED).status_code == 204
    (told,) = inbox(client)
    assert (told["title"], told["text"]) == ("Your report could not be made: Per day", "Its page says why.")


def test_a_notice_that_comes_again_is_told_once(client, world):
    for _ in range(3):
        assert send(client, READY).status_code == 204
    assert len(inbox(client)) == 1
    assert world.metric("notification_created_total", kind="report.ready", channel="inbox") == 1


def test_it_needs_its_scope(client):
    assert send(client, READY, "ann").json["code"] == "scope_missing"
    assert send(client, READY, "ann!pipeline").status_code == 403
    assert client.post("/v1/notices", json=READY).status_code == 401
    assert inbox(client) == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"kind": "transfer.sent"}, "#/kind"),
        ({"event_id": "7"}, "#/event_id"),
        ({"user_id": {"$ne": ""}}, "#/user_id"),
        ({"occurred_at": "yesterday"}, "#/occurred_at"),
        ({"report": {"id": an_id(3)}}, "#/report/name"),
        ({"report": {"id": an_id(3), "name": "Per day"}}, "#/report/rows"),
        ({"report": READY["report"] | {"rows": -1}}, "#/report/rows"),
        ({"report": READY["report"] | {"name": "x" * 201}}, "#/report/name"),
        ({"colour": "red"}, "#/colour"),
    ],
)
def test_what_is_no_notice_is_refused_and_its_place_named(client, changes, place):
    answer = send(client, READY | changes)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert place in [mistake["pointer"] for mistake in answer.json["errors"]]
    assert inbox(client) == []


def test_who_does_not_want_them_in_the_inbox_is_spared(client, world):
    world.preferences.keep(ANN, Preferences({(Subject.REPORTS, Channel.INBOX): False}), NOW)
    send(client, READY)
    assert inbox(client) == []


TOLD = Notification(
    an_id(0xAA),
    ANN,
    Channel.INBOX,
    Kind.REPORT_READY,
    None,
    NOW,
    report=Report(an_id(3), "Per day", 31, "2026-11-08T09:31:00.000Z"),
)


def test_it_is_kept_as_it_is():
    assert notification_of(notification_document(TOLD)) == TOLD


def test_a_webhook_is_sent_the_report():
    assert b'"report":{"id":"' + an_id(3).encode() in body_of(Delivery.by("webhook:x", TOLD), None)


def test_a_report_called_like_a_format_breaks_no_text(client):
    send(client, READY | {"report": READY["report"] | {"name": "100 %(name)s %d"}})
    (told,) = inbox(client)
    assert told["title"] == "Your report is ready: 100 %(name)s %d"
