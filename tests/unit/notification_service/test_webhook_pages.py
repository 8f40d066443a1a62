"""Webhooks as a person's browser sees them."""

from __future__ import annotations

import re

import pytest

from contracts.session import COOKIE_NAME
from notification_service.code_words import KINDS as WORDS
from notification_service.domain import Attempt, DeliveryState, Outcome
from notification_service.domain.endpoint import KINDS, TO_SHOW_WITHIN, Disabled
from notification_service.use_cases.webhooks import RESENDS_AT_ONCE, RESENDS_WITHIN
from tests.unit.notification_service.events import ANN, BOB, NOW
from tests.unit.notification_service.test_pages import field
from tests.unit.notification_service.test_webhook_api import URL, attempted


@pytest.fixture
def browser(client):
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    client.set_cookie(COOKIE_NAME, "bob")
    return client


def post(browser, path="", **values):
    token = field(browser.get("/webhooks"), "csrf_token")
    return browser.post(f"/webhooks{path}", data={"csrf_token": token} | values)


def added(browser, world, **values):
    page = post(browser, **({"url": URL} | values))
    assert page.status_code == 303, page.text
    return world.endpoints.of(BOB)[-1].id


def shown(page):
    found = re.search(r'id="secret">(whsec_[^<]+)<', page.text)
    return found and found[1]


def test_whoever_is_not_signed_in_is_sent_to_log_in(client):
    assert "/login_form?next=" in client.get("/webhooks").headers["Location"]
    assert "webhooks" in client.get("/webhooks/x").headers["Location"]
    assert client.post("/webhooks").status_code == 400


def test_without_one_the_page_says_what_they_are_for_and_has_the_form(browser):
    page = browser.get("/webhooks")
    assert "No webhooks yet" in page.text
    assert 'name="url"' in page.text
    assert 'value="transfer.received"' in page.text
    assert "operator.alert" not in page.text


def test_kinds_are_told_in_words_beside_the_code_that_a_message_has(browser, world):
    page = browser.get("/webhooks").text
    for kind in KINDS:
        assert f'>{WORDS[kind]}</label> <code class="quiet">{kind}</code>' in page
    id = added(browser, world, kinds=["transfer.sent", "hold.placed"])
    post(browser, f"/{id}/test")
    page = browser.get(f"/webhooks/{id}").text
    assert '<span title="hold.placed">Hold placed</span>, <span title="transfer.sent">Payment sent</span>' in page
    assert '<strong title="webhook.test">Test of a webhook</strong>' in page


def test_adding_one_shows_its_secret_once(browser, world):
    answer = post(browser, url=f" {URL} ", description="books", kinds=["transfer.sent", "hold.placed"])
    (endpoint,) = world.endpoints.of(BOB)
    assert (answer.status_code, answer.location) == (303, f"/webhooks/{endpoint.id}/secret")
    assert browser.head(answer.location).status_code == 405
    page = browser.get(answer.location)
    secret = shown(page)
    assert world.box.show(endpoint.secrets[0].sealed) == secret
    assert page.headers["Cache-Control"] == "no-store"
    again = browser.get(answer.location)
    assert (again.status_code, shown(again)) == (410, None)
    assert "shown once" in again.text
    assert (endpoint.url, endpoint.kinds) == (URL, {"transfer.sent", "hold.placed"})
    for later in (browser.get("/webhooks"), browser.get(f"/webhooks/{endpoint.id}")):
        assert secret not in later.text
        assert "books" in later.text


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"url": ""}, "Say where to."),
        ({"url": "http://example.com/"}, "must begin with https"),
        ({"url": "https://10.0.0.1/"}, "not public"),
        ({"url": "https://example.com/", "kinds": "nonsense"}, "not a valid choice"),
        ({"url": "https://example.com/", "description": "x" * 101}, "longer than"),
        ({"url": "https://example.com/", "description": "a\u202eb"}, "One line of letters"),
    ],
)
def test_what_is_wrong_is_said_beside_the_form_which_keeps_what_was_typed(browser, world, values, why):
    page = post(browser, **values)
    assert page.status_code == 400
    assert why in page.text
    assert f'value="{values["url"]}"' in page.text
    assert world.endpoints.of(BOB) == []


def test_the_form_goes_when_there_are_ten(browser, world):
    for _ in range(9):
        added(browser, world)
    token = field(browser.get("/webhooks"), "csrf_token")
    browser.post("/webhooks", data={"csrf_token": token, "url": URL})
    page = browser.get("/webhooks")
    assert "as many as a person may have" in page.text
    assert 'name="url"' not in page.text
    late = browser.post("/webhooks", data={"csrf_token": token, "url": URL})
    assert late.status_code == 303
    assert len(world.endpoints.of(BOB)) == 10


def test_changing_it(browser, world):
    id = added(browser, world, kinds=["transfer.sent"])
    page = browser.get(f"/webhooks/{id}")
    assert re.search(
        r'<input checked class="form-check-input" id="kinds-\d+" name="kinds" type="checkbox" value="transfer.sent"',
        page.text,
    )
    assert post(browser, f"/{id}", url="https://example.com/new", description="n").status_code == 303
    found = world.endpoints.find(id)
    assert (found.url, found.description, found.kinds) == ("https://example.com/new", "n", None)
    assert post(browser, f"/{id}", url="ftp://x").status_code == 400


def test_a_test_its_log_and_sending_it_again(browser, world):
    id = added(browser, world)
    assert "Nothing yet" in browser.get(f"/webhooks/{id}").text
    assert post(browser, f"/{id}/test").status_code == 303
    page = browser.get(f"/webhooks/{id}")
    assert "webhook.test" in page.text
    assert ">on its way<" in page.text
    assert "Send again" not in page.text
    (record,) = world.deliveries.page(None, 10)
    attempted(
        world, record.delivery.id, Attempt(NOW, Outcome.REFUSED, None, 7, "address_not_allowed"), DeliveryState.DEAD
    )
    page = browser.get(f"/webhooks/{id}")
    for text in ("given up", "address_not_allowed", "7 ms", "Send again"):
        assert text in page.text
    assert post(browser, f"/{id}/deliveries/{record.delivery.id}/resend").status_code == 303
    assert world.deliveries.find(record.delivery.id).state == DeliveryState.PENDING
    assert post(browser, f"/{id}/deliveries/{record.delivery.id}/resend").status_code == 303
    assert "still being tried" in browser.get(f"/webhooks/{id}").text


def test_what_failed_says_that_it_is_tried_again_and_when(browser, world):
    id = added(browser, world)
    post(browser, f"/{id}/test")
    (record,) = world.deliveries.page(None, 10)
    attempted(world, record.delivery.id, Attempt(NOW, Outcome.AWAY, 500, 7, "status_500"))
    browser.get(f"/webhooks/{id}")  # says that the test was ordered
    page = browser.get(f"/webhooks/{id}").text
    assert "failed, will be tried again" in page
    assert ">on its way<" not in page
    next_attempt = re.search(r"Next attempt: .*?</div>", page, re.S)
    assert next_attempt
    assert "left alone for a while" in next_attempt[0]


def test_too_many_tests_are_told_and_not_sent(browser, world):
    id = added(browser, world)
    for _ in range(6):
        post(browser, f"/{id}/test")
    assert "Those were many tests" in browser.get(f"/webhooks/{id}").text
    assert len(world.deliveries.page(None, 10)) == 5


def test_replacing_the_secret_shows_the_new_one(browser, world):
    id = added(browser, world)
    first = shown(browser.get(f"/webhooks/{id}/secret"))
    answer = post(browser, f"/{id}/secret")
    page = browser.get(answer.location)
    assert shown(page) not in (None, first)
    assert "The old one signs too until Jan 3, 2026" in page.text
    assert browser.get(answer.location).status_code == 410
    assert len(world.endpoints.find(id).secrets) == 2


def test_a_secret_that_nobody_came_for_is_not_shown_after_a_while(browser, world):
    id = added(browser, world)
    world.clock.advance(TO_SHOW_WITHIN.total_seconds())
    assert browser.get(f"/webhooks/{id}/secret").status_code == 410


def test_a_url_without_a_description_is_cut_and_whole_in_its_title(browser, world):
    url = "https://example.com/" + "a" * 480
    id = added(browser, world, url=url)
    for page in (browser.get("/webhooks"), browser.get(f"/webhooks/{id}")):
        assert f'<span title="{url}">{url[:59]}…</span>' in page.text


def test_the_log_says_that_an_endpoint_rests_and_names_no_moment_that_is_over(browser, world):
    id = added(browser, world)
    post(browser, f"/{id}/test")
    (record,) = world.deliveries.page(None, 10)
    assert "Next attempt" not in browser.get(f"/webhooks/{id}").text
    attempted(world, record.delivery.id, Attempt(NOW, Outcome.AWAY, 503, 7, "status_503"))
    world.endpoints.failed(id, URL, NOW)
    assert "Next attempt: Jan 2, 2026" in browser.get(f"/webhooks/{id}").text
    world.clock.advance(300)
    page = browser.get(f"/webhooks/{id}").text
    assert "rests after failures" in page
    assert "Next attempt" not in page


def test_too_much_is_not_sent_again_at_once(browser, world):
    id = added(browser, world)
    post(browser, f"/{id}/test")
    (record,) = world.deliveries.page(None, 10)
    attempted(world, record.delivery.id, Attempt(NOW, Outcome.REFUSED), DeliveryState.DEAD)
    for _ in range(RESENDS_AT_ONCE):
        world.endpoints.note_resend(id, NOW - RESENDS_WITHIN, RESENDS_AT_ONCE, NOW)
    post(browser, f"/{id}/deliveries/{record.delivery.id}/resend")
    assert "Those were many at once" in browser.get(f"/webhooks/{id}").text
    assert world.deliveries.find(record.delivery.id).state == DeliveryState.DEAD


def test_disabling_and_enabling(browser, world):
    id = added(browser, world)
    post(browser, f"/{id}/disable")
    page = browser.get(f"/webhooks/{id}")
    assert "Enable again" in page.text
    assert f"/webhooks/{id}/test" not in page.text
    post(browser, f"/{id}/test")
    assert "Enable the webhook first" in browser.get(f"/webhooks/{id}").text
    post(browser, f"/{id}/enable")
    assert world.endpoints.find(id).disabled is None


@pytest.mark.parametrize(
    ("why", "text"), [(Disabled.GONE, "gone (410), on Jan 2, 2026"), (Disabled.FAILING, "has failed since Jan 2, 2026")]
)
def test_why_it_was_disabled_is_told(browser, world, why, text):
    id = added(browser, world)
    world.endpoints.failed(id, URL, NOW)
    assert "After five days it is disabled" in browser.get(f"/webhooks/{id}").text
    world.endpoints.disable(id, why, NOW)
    assert text in browser.get(f"/webhooks/{id}").text


def test_deleting_it(browser, world):
    id = added(browser, world)
    assert post(browser, f"/{id}/delete").headers["Location"] == "/webhooks"
    assert world.endpoints.of(BOB) == []
    assert browser.get(f"/webhooks/{id}").status_code == 404


def test_somebody_elses_is_not_there(browser, world, client):
    id = added(browser, world)
    client.set_cookie(COOKIE_NAME, "ann")
    assert browser.get(f"/webhooks/{id}").status_code == 404
    for act in ("", "/secret", "/test", "/enable", "/disable", "/delete", "/deliveries/x/resend"):
        assert post(browser, f"/{id}{act}", url=URL).status_code == 404, act
    assert (len(world.endpoints.of(BOB)), world.endpoints.of(ANN)) == (1, [])


def test_without_its_token_a_form_changes_nothing(browser, world):
    id = added(browser, world)
    for act in ("", "/secret", "/delete", "/disable"):
        assert browser.post(f"/webhooks/{id}{act}", data={"url": "https://other.example/"}).status_code == 400
    assert world.endpoints.find(id).url == URL


def test_what_its_owner_wrote_is_shown_as_text(browser, world):
    id = added(browser, world, description="<script>alert(1)</script>")
    for page in (browser.get("/webhooks"), browser.get(f"/webhooks/{id}")):
        assert "<script>alert" not in page.text
