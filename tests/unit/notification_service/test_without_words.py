"""What this release can't tell: a later one told it, and was rolled back."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
from structlog.testing import capture_logs

from contracts.session import COOKIE_NAME
from notification_service.domain import Notification, notifications_of
from notification_service.storage.notification_document import notification_document, notification_of
from tests.unit.notification_service.events import BOB, NOW, posted

PLAINLY = "Something happened that this page can't tell yet"
TOLD = next(each for each in notifications_of(posted(8)) if each.user_id == BOB)
STRANGE = {
    "of an unknown kind": replace(TOLD, kind="transfer.teleported"),
    "rejected for an unknown reason": replace(
        TOLD, kind="transfer.rejected", transfer=replace(TOLD.transfer, reason="full_moon")
    ),
    "about nothing": replace(TOLD, transfer=None),
}


@pytest.fixture(params=STRANGE)
def strange(request, world) -> Notification:
    """One of them, between two that can be told."""
    told = STRANGE[request.param]
    world.told(posted(7))
    world.store.add([told], NOW, NOW)
    world.told(posted(9))
    return told


def test_the_page_and_the_api_tell_it_plainly_and_the_rest_as_ever(strange, world, client):
    listed = client.get("/v1/notifications", headers={"Authorization": "Bearer bob"}).json["notifications"]
    assert [(each["title"], each["text"]) for each in listed if each["id"] == strange.id] == [(PLAINLY, strange.kind)]
    assert [each["title"] for each in listed if each["id"] != strange.id] == ["You received €12.50"] * 2
    client.set_cookie(COOKIE_NAME, "bob")
    page = client.get("/inbox", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.text.count("can&#39;t tell yet</strong>") == 1


def test_the_stream_tells_it_plainly_and_goes_on(strange, world):
    answer = world.live().test_client().get("/v1/stream?after=0", headers={"Authorization": "Bearer bob"})
    told = next(chunk for chunk in answer.response if chunk.startswith(b"id:"))
    titles = [orjson.loads(event.partition(b"data: ")[2])["title"] for event in told.split(b"\n\n") if event]
    assert titles == ["You received €12.50", PLAINLY, "You received €12.50"]
    answer.close()


def test_every_one_is_counted_and_each_kind_logged_once(strange, world, client):
    assert world.metric("notification_without_words_total") == 0
    with capture_logs() as logged:
        for _ in range(3):
            client.get("/v1/notifications", headers={"Authorization": "Bearer bob"})
    assert world.metric("notification_without_words_total") == 3
    assert [line["kind"] for line in logged if line["event"] == "notification_without_words"] == [strange.kind]


def test_what_a_later_release_has_stored_is_read_without_what_this_one_does_not_know():
    document = notification_document(TOLD)
    later = document | {"kind": "transfer.teleported", "transfer": document["transfer"] | {"speed": "of light"}}
    assert notification_of(later) == replace(TOLD, kind="transfer.teleported")
