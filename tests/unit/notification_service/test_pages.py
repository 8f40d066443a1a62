"""The inbox as a person's browser sees it."""

from __future__ import annotations

import re

import pytest

from contracts.session import COOKIE_NAME
from notification_service.routes.pages import PAGE_LENGTH
from tests.unit.notification_service.events import ANN, BOB, SHOWN, an_id, posted
from tests.unit.notification_service.test_alerts import alert, send


@pytest.fixture
def browser(client):
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    client.set_cookie(COOKIE_NAME, "bob")
    return client


def field(page, name):
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page.text)
    assert found, f"the page has no field {name}"
    return found[1]


def rows(page):
    """The list itself, without the pattern for what arrives."""
    return page.text.partition('id="notifications"')[2].partition("</ul>")[0]


def post(browser, path, **values):
    page = browser.get("/inbox")
    return browser.post(path, data={"csrf_token": field(page, "csrf_token")} | values)


def test_whoever_is_not_signed_in_is_sent_to_log_in_and_back(client):
    answer = client.get("/inbox?unread=true")
    assert "/login_form?next=http%3A%2F%2Flocalhost%3A5002%2Finbox%3Funread%3Dtrue" in answer.headers["Location"]
    for path in ("/inbox/x/read", "/inbox/x/archive", "/inbox/read-all"):
        assert client.post(path).status_code == 400


def test_the_front_door_leads_to_the_inbox(browser):
    assert browser.get("/").headers["Location"] == "/inbox"


def test_an_empty_inbox_says_what_will_be_here(browser):
    page = browser.get("/inbox")
    assert "Nothing here yet" in page.text
    assert "<li" not in rows(page)


def test_a_row_tells_what_when_and_leads_to_transfer_and_journey(browser, world):
    world.known(ANN, "ann")
    world.told(posted(7))
    world.clock.advance(180)
    row = rows(browser.get("/inbox"))
    for text in ("You received €12.50", "From @ann", "3 minutes ago", "Jan 2, 2026", "UTC"):
        assert text in row
    assert f'href="http://localhost:5001/transfers/{an_id(7)}"' in row
    assert f'href="http://localhost:5004/journey/{an_id(7)}"' in row
    assert 'class="unread"' in row


def test_a_row_about_an_account_leads_to_no_transfer(browser, world):
    event = SHOWN["account.frozen"]
    world.told(event | {"account": event["account"] | {"user_id": BOB}})
    row = rows(browser.get("/inbox"))
    assert "Your account in EUR was frozen" in row
    assert "href=" not in row


def test_what_is_less_than_a_minute_old_is_told_as_just_now(browser, world):
    world.told(posted(7))
    assert "just now" in rows(browser.get("/inbox"))


def test_marking_one_as_read(browser, world):
    world.told(posted(1), posted(2))
    answer = post(browser, f"/inbox/{an_id(1)}.{BOB}.inbox/read?show=unread")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox?show=unread")
    assert rows(browser.get("/inbox")).count('class="unread"') == 1
    assert post(browser, f"/inbox/{an_id(1)}.{ANN}.inbox/read").status_code == 404


def test_marking_all_marks_what_could_be_seen(browser, world):
    world.told(posted(1), posted(2))
    seen = field(browser.get("/inbox"), "upto")
    world.told(posted(3))
    assert post(browser, "/inbox/read-all", upto=seen).status_code == 303
    assert rows(browser.get("/inbox")).count('class="unread"') == 1
    assert post(browser, "/inbox/read-all", upto="everything").status_code == 400


def test_without_its_token_a_form_changes_nothing(browser, world):
    world.told(posted(1))
    seen = field(browser.get("/inbox"), "upto")
    assert browser.post("/inbox/read-all", data={"upto": seen}).status_code == 400
    assert world.store.unread(BOB) == 1


def test_older_ones_are_a_link_away_and_only_the_newest_page_listens(browser, world):
    world.told(*(posted(position) for position in range(1, PAGE_LENGTH + 3)))
    first = browser.get("/inbox")
    assert rows(first).count("<li") == PAGE_LENGTH
    older = re.search(r'href="(/inbox\?before=[^"]+)">Older', first.text)
    second = browser.get(older[1])
    assert rows(second).count("<li") == 2
    assert "Latest" in second.text
    assert 'data-listens="true"' in first.text
    assert 'data-listens="true"' not in second.text


@pytest.mark.parametrize("before", ["7", "x", "9" * 99, "0000000000000-0000000000000000-"])
def test_a_spoilt_link_shows_the_latest(browser, world, before):
    world.told(posted(1))
    assert "You received" in rows(browser.get(f"/inbox?before={before}"))


def test_only_unread(browser, world):
    world.told(posted(1))
    world.store.mark_all_read(BOB, None, world.clock.now())
    page = browser.get("/inbox?show=unread")
    assert "Nothing is unread" in page.text


def test_one_is_marked_as_unread_again(browser, world):
    world.told(posted(1))
    for mark, text in (("read", "Mark as unread"), ("unread", "Mark as read")):
        assert post(browser, f"/inbox/{an_id(1)}.{BOB}.inbox/{mark}").status_code == 303
        assert text in rows(browser.get("/inbox"))


def test_every_other_window_hears_of_a_mark(browser, world):
    world.told(posted(1))
    world.hints.told.clear()
    for mark in ("read", "unread", "archive", "unarchive"):
        post(browser, f"/inbox/{an_id(1)}.{BOB}.inbox/{mark}")
    assert world.hints.told == 4 * [{BOB}]
    post(browser, "/inbox/read-all", upto=field(browser.get("/inbox"), "upto"))
    assert world.hints.told == 5 * [{BOB}]


def test_archiving_and_putting_back(browser, world):
    world.told(posted(1), posted(2))
    assert post(browser, f"/inbox/{an_id(1)}.{BOB}.inbox/archive").status_code == 303
    assert rows(browser.get("/inbox")).count("<li") == 1
    archive = browser.get("/inbox?show=archived")
    assert rows(archive).count("<li") == 1
    assert "Back to the inbox" in rows(archive)
    assert "Mark all as read" not in archive.text
    answer = post(browser, f"/inbox/{an_id(1)}.{BOB}.inbox/unarchive?show=archived")
    assert answer.headers["Location"] == "/inbox?show=archived"
    assert "Nothing is archived" in browser.get("/inbox?show=archived").text


def test_a_filter_stays_while_one_pages_and_marks(browser, world):
    world.told(*(posted(position) for position in range(1, PAGE_LENGTH + 3)))
    page = browser.get("/inbox?kind=transfer&from=2026-01-01&to=2026-01-02&show=unread")
    assert rows(page).count("<li") == PAGE_LENGTH
    older = re.search(r'href="(/inbox\?[^"]+)">Older', page.text)[1].replace("&amp;", "&")
    assert "kind=transfer&from=2026-01-01&to=2026-01-02" in older
    assert rows(browser.get(older)).count("<li") == 2
    answer = post(browser, f"/inbox/{an_id(1)}.{BOB}.inbox/read?{older.partition('?')[2]}")
    assert answer.headers["Location"] == older
    assert 'data-listens="true"' not in page.text
    assert "Nothing matches" in browser.get("/inbox?kind=hold").text


@pytest.mark.parametrize("query", ["from=2026-01-03&to=2026-01-02", "from=yesterday", "kind=nothing"])
def test_a_filter_that_makes_no_sense_is_shown_with_what_is_wrong(browser, world, query):
    world.told(posted(1))
    page = browser.get(f"/inbox?{query}")
    assert page.status_code == 400
    assert "invalid-feedback" in page.text


def test_how_many_are_unread_stands_beside_the_inbox_in_the_sections(browser, world):
    assert 'id="badge" hidden' in browser.get("/inbox").text
    world.told(posted(1), posted(2))
    assert 'id="badge">2<' in browser.get("/inbox").text


def test_alerts_are_among_the_kinds_for_operators_alone(browser, client):
    assert 'value="operator"' not in browser.get("/inbox").text
    client.set_cookie(COOKIE_NAME, "bob!admin")
    assert 'value="operator"' in browser.get("/inbox").text


def test_the_operator_sees_summary_severity_state_runbook_and_process(browser, world):
    world.known(BOB, "bob", ["user", "admin"])
    send(browser, alert(), alert(status="resolved", fingerprint="f2", runbook_url="javascript:alert(1)"))
    shown = rows(browser.get("/inbox"))
    for text in ("transaction-relay is away", "page", "firing", "resolved", "http://localhost:9090/classic/alerts"):
        assert text in shown
    assert 'href="https://runbooks/x"' in shown
    assert 'href="https://dashboards/d/x"' in shown
    assert 'href="javascript' not in shown


def test_the_page_may_listen_to_the_live_process_and_to_nobody_else(browser, world):
    world.told(posted(1))
    page = browser.get("/inbox")
    policy = page.headers["Content-Security-Policy"]
    assert "connect-src 'self' http://localhost:5120" in policy
    assert 'data-live="http://localhost:5120/v1/stream"' in page.text
    assert f'data-cursor="{world.store.newest_stamp(BOB)}"' in page.text
    script = re.search(r'<script src="(/static/inbox.js\?v=[^"]+)" nonce="([^"]+)"', page.text)
    assert f"'nonce-{script[2]}'" in policy
    assert browser.get(script[1]).status_code == 200


def test_what_a_stranger_wrote_is_shown_as_text(browser, world):
    world.known(BOB, "bob", ["admin"])
    send(browser, alert(summary="<script>alert(1)</script>"))
    assert "<script>alert" not in browser.get("/inbox").text


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("to=9999-12-31", "There is no day after this one."),
        ("to=soon", "A date is expected"),
        ("from=2026-02-30", "A date is expected"),
        ("kind=weather", "Choose one of the list."),
    ],
)
def test_a_filter_that_means_nothing_is_explained_in_words_of_ours(browser, query, says):
    page = browser.get(f"/inbox?{query}")
    assert page.status_code == 400
    assert says in page.text
    assert "Not a valid" not in page.text


@pytest.mark.parametrize(
    "query", ["from=0001-01-01&to=9999-12-30", f"before={'9' * 13}-{'9' * 16}-{'f' * 36}", f"before={'9' * 4000}"]
)
def test_the_extremes_of_what_may_be_asked_are_answered(browser, world, query):
    world.told(posted(7))
    assert "<li" in rows(browser.get(f"/inbox?{query}"))
