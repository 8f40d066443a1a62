"""What a person wants to be told: by the API, and on the settings page."""

from __future__ import annotations

import re

import pytest
from pymongo.errors import AutoReconnect

from notification_service.domain import UNCHANGED, Channel, Many, Preferences, Subject, Watch
from notification_service.domain.preferences import LARGE_BY_DEFAULT
from notification_service.routes.preferences import preferences_of, view
from notification_service.routes.settings_page import SUBJECTS, WAYS
from tests.unit.notification_service.events import BOB, posted

BEARER = {"Authorization": "Bearer bob"}
URL = "/v1/preferences"


@pytest.fixture
def page(client):
    client.set_cookie("fintech_session", "bob")
    return client


def put(client, body):
    return client.put(URL, json=body, headers=BEARER)


# The API


def test_who_has_chosen_nothing_reads_the_defaults_and_can_send_them_back(client, world):
    answer = client.get(URL, headers=BEARER)
    assert answer.json["channels"]["payments"] == {"inbox": True, "email": False, "webhook": True}
    assert answer.json["channels"]["security"] == {"inbox": True, "email": True, "webhook": True}
    assert answer.json["watch"]["large_transfer"]["EUR"] == LARGE_BY_DEFAULT["EUR"]
    assert answer.json["watch"]["many_transfers"] == {"count": 10, "minutes": 10}
    assert put(client, answer.json).json == answer.json
    (kept,) = world.preferences.kept.values()
    assert all(kept.wants(subject, channel) == UNCHANGED.wants(subject, channel) for subject, channel in kept.channels)


def test_what_is_put_is_kept_and_what_is_left_out_is_as_by_default(client, world):
    body = {
        "channels": {"payments": {"email": True}, "holds": {"inbox": False}},
        "watch": {"large_transfer": {"EUR": 100, "USD": None}, "many_transfers": None, "first_to_payee": False},
    }
    answer = put(client, body)
    assert answer.status_code == 200
    assert world.preferences.kept[BOB] == Preferences(
        {(Subject.PAYMENTS, Channel.EMAIL): True, (Subject.HOLDS, Channel.INBOX): False},
        Watch({"EUR": 100, "USD": None}, {}, first_to_payee=False, many_transfers=None),
    )
    assert client.get(URL, headers=BEARER).json == answer.json
    assert answer.json["watch"]["large_transfer"]["USD"] is None
    put(client, {})
    assert world.preferences.kept[BOB] == Preferences()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"channels": {"security": {"inbox": False}}}, "#/channels/security/inbox"),
        ({"channels": {"security": {"email": False}}}, "#/channels/security/email"),
        ({"channels": {"weather": {"inbox": False}}}, "#/channels/weather"),
        ({"channels": {"payments": {"pigeon": True}}}, "#/channels/payments/pigeon"),
        ({"channels": {"payments": {"email": "yes"}}}, "#/channels/payments/email"),
        ({"watch": {"large_transfer": {"EUR": 0}}}, "#/watch/large_transfer/EUR"),
        ({"watch": {"large_transfer": {"EUR": 1.5}}}, "#/watch/large_transfer/EUR"),
        ({"watch": {"low_balance": {"EUR": 2**53}}}, "#/watch/low_balance/EUR"),
        ({"watch": {"low_balance": {"ABC": 1}}}, "#/watch/low_balance/ABC"),
        ({"watch": {"many_transfers": {"count": 1, "minutes": 10}}}, "#/watch/many_transfers/count"),
        ({"watch": {"many_transfers": {"count": 5}}}, "#/watch/many_transfers/minutes"),
        ({"watch": {"many_transfers": {"count": 5, "minutes": 61}}}, "#/watch/many_transfers/minutes"),
        ({"Channels": {}}, "#/Channels"),
    ],
)
def test_a_body_is_right_or_refused_where_it_is_wrong(client, world, body, pointer):
    answer = put(client, body)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert pointer in [mistake["pointer"] for mistake in answer.json["errors"]]
    assert world.preferences.kept == {}


@pytest.mark.parametrize("method", ["get", "put"])
def test_every_route_asks_who_and_whether_they_may(client, method):
    assert getattr(client, method)(URL).json["code"] == "token_missing"
    assert (
        getattr(client, method)(URL, headers={"Authorization": "Bearer bob!pipeline"}).json["code"] == "scope_missing"
    )


def test_a_store_that_is_away_is_a_503(client, world):
    world.preferences.away = AutoReconnect("away")
    assert client.get(URL, headers=BEARER).status_code == 503


def test_what_is_read_is_what_was_written():
    chosen = Preferences(
        {(subject, channel): UNCHANGED.wants(subject, channel) for subject in Subject for channel in Channel},
        Watch({"EUR": 5}, {"JPY": 7}, first_to_payee=False, many_transfers=Many(2, 3)),
    )
    assert view(preferences_of(view(chosen))) == view(chosen)


# The page


def test_the_page_names_every_subject_and_way_in_words():
    assert (set(SUBJECTS), set(WAYS)) == (set(Subject), set(Channel))


def test_the_page_shows_the_choices_and_security_as_always_on(page):
    text = page.get("/settings").text
    assert 'aria-label="Security: Inbox, always on"' in text
    assert 'aria-label="Security: E-mail, always on"' in text
    assert "Security: Webhook, always on" not in text
    assert 'value="500.00"' in text
    assert 'value="25.00"' in text


def form(page, **changes):
    """What a browser would send of the page as it is, with these changes; None leaves a field out."""
    text = page.get("/settings").text
    boxes = re.findall(r'<input[^>]*\bchecked\b[^>]*name="([^"]+)"', text)
    values = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*type="(?:text|number)"[^>]*value="([^"]*)"', text))
    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text)[1]
    sent = {**values, **dict.fromkeys(boxes, "y"), "csrf_token": csrf} | changes
    return {name: value for name, value in sent.items() if value is not None}


def test_saving_the_page_as_it_is_changes_nothing(page, world):
    answer = page.post("/settings", data=form(page))
    assert (answer.status_code, answer.location) == (303, "/settings")
    kept = world.preferences.kept[BOB]
    assert view(kept) == view(UNCHANGED)


def test_what_is_changed_on_the_page_is_kept(page, world):
    changes = {
        "payments-email": "y",
        "holds-inbox": None,
        "large_transfer-EUR": "12,50",
        "low_balance-EUR": "",
        "first_to_payee": None,
        "count": "5",
        "minutes": "2",
        "more": "jpy",
    }
    assert page.post("/settings", data=form(page, **changes)).status_code == 303
    kept = world.preferences.kept[BOB]
    assert kept.wants(Subject.PAYMENTS, Channel.EMAIL)
    assert not kept.wants(Subject.HOLDS, Channel.INBOX)
    assert (kept.watch.large_from("EUR"), kept.watch.low_below("EUR")) == (1250, None)
    assert (kept.watch.first_to_payee, kept.watch.many_transfers) == (False, Many(5, 2))
    assert 'value="80000"' in page.get("/settings").text


def test_many_can_be_switched_off(page, world):
    page.post("/settings", data=form(page, many_transfers=None, count="", minutes=""))
    assert world.preferences.kept[BOB].watch.many_transfers is None


@pytest.mark.parametrize(
    "changes",
    [
        {"large_transfer-EUR": "1,000.00"},
        {"large_transfer-EUR": "0"},
        {"low_balance-EUR": "-5"},
        {"count": "1"},
        {"minutes": "61"},
        {"minutes": ""},
        {"count": "x"},
        {"more": "ABC"},
    ],
)
def test_a_mistake_is_shown_beside_its_field_and_nothing_is_kept(page, world, changes):
    answer = page.post("/settings", data=form(page, **changes))
    assert answer.status_code == 400
    assert "invalid-feedback" in answer.text
    assert world.preferences.kept == {}


def test_security_cannot_be_switched_off_by_a_form_either(page, world):
    page.post("/settings", data=form(page, **{"security-inbox": "", "security-email": ""}))
    kept = world.preferences.kept[BOB]
    assert kept.wants(Subject.SECURITY, Channel.INBOX)
    assert (Subject.SECURITY, Channel.INBOX) not in kept.channels


def test_the_currencies_of_what_a_person_was_told_are_shown(page, world):
    world.told(posted(1, currency="USD"), posted(2, currency="JPY"))
    text = page.get("/settings").text
    assert all(f'name="large_transfer-{currency}"' in text for currency in ("USD", "JPY"))
    assert 'name="large_transfer-EUR"' not in text


def test_a_stranger_is_sent_to_log_in_and_a_forged_form_is_refused(client, page):
    forged = form(page, csrf_token="forged")
    assert page.post("/settings", data=forged).status_code == 400
    client.delete_cookie("fintech_session")
    assert "/login_form" in client.get("/settings").location
