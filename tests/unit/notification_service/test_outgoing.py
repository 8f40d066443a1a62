"""What people and operators see of deliveries, and how dead ones get another chance."""

from __future__ import annotations

import argparse
import re
import socket
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from contracts.session import COOKIE_NAME
from notification_service import redrive, set_up
from notification_service.domain import Attempt, DeliveryState, Outcome
from notification_service.routes.delivery_pages import PAGE_LENGTH
from notification_service.use_cases.outgoing import Outgoing
from tests.unit.notification_service.events import ANN, BOB, NOW
from tests.unit.notification_service.orders import hook, mail

ADMIN = {"Authorization": "Bearer ann!admin"}
ANNS, BOBS = {"Authorization": "Bearer ann"}, {"Authorization": "Bearer bob"}


def die(world, *deliveries, cause="status_500"):
    for delivery in deliveries:
        world.deliveries.add([delivery], world.clock.now())
        (claimed,) = world.deliveries.claim({delivery.lane: 1}, world.clock.now(), NOW + timedelta(days=1))
        attempt = Attempt(claimed.at, Outcome.AWAY, 500, 42, cause)
        world.deliveries.finish(claimed, attempt, DeliveryState.DEAD, world.clock.now())
        world.clock.advance(1)


def state(world, delivery):
    return world.deliveries.find(delivery.id).state


# The API.


def test_people_see_their_own_deliveries_and_how_they_went(client, world):
    die(world, mail(1))
    world.deliveries.add([mail(2, BOB)], world.clock.now())
    (shown,) = client.get("/v1/deliveries", headers=ANNS).json["deliveries"]
    assert (shown["id"], shown["state"], shown["cause"]) == (mail(1).id, "dead", "status_500")
    assert shown["attempts"] == [
        {"at": "2026-01-02T03:04:05.000Z", "outcome": "away", "status": 500, "latency_ms": 42, "cause": "status_500"}
    ]
    (waiting,) = client.get("/v1/deliveries?state=pending", headers=BOBS).json["deliveries"]
    assert (waiting["next_attempt_at"], waiting["finished_at"]) == ("2026-01-02T03:04:06.000Z", None)


def test_administrators_see_everybodys_but_not_what_they_told(client, world):
    die(world, mail(1), mail(2, BOB))
    answer = client.get("/v1/deliveries?whose=everybody&state=dead", headers=ADMIN)
    assert {each["user_id"] for each in answer.json["deliveries"]} == {ANN, BOB}
    assert "1250" not in answer.text
    assert client.get("/v1/deliveries?whose=everybody", headers=ANNS).json["code"] == "scope_missing"


def test_pages_follow_one_another(client, world):
    die(world, *(mail(position) for position in (1, 2, 3)))
    first = client.get("/v1/deliveries?limit=2", headers=ANNS).json
    second = client.get(f"/v1/deliveries?limit=2&cursor={first['next_cursor']}", headers=ANNS).json
    assert [each["id"] for each in first["deliveries"] + second["deliveries"]] == [
        mail(position).id for position in (3, 2, 1)
    ]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("query", ["state=lost", "cursor=x", "limit=0", "whose=theirs", "more=1"])
def test_what_is_asked_for_wrongly_is_refused(client, query):
    assert client.get(f"/v1/deliveries?{query}", headers=ANNS).json["code"] == "invalid_request"


def test_an_administrator_tries_a_dead_one_again_and_that_is_logged(client, world):
    die(world, mail(1))
    with capture_logs() as logs:
        assert client.post(f"/v1/deliveries/{mail(1).id}/redrive", headers=ADMIN).status_code == 204
    assert state(world, mail(1)) == DeliveryState.PENDING
    (line,) = (line for line in logs if line["event"] == "deliveries_redriven")
    assert (line["by"], line["delivery"]) == (ANN, mail(1).id)
    assert client.post(f"/v1/deliveries/{mail(1).id}/redrive", headers=ADMIN).json["code"] == "delivery_not_dead"
    assert client.post("/v1/deliveries/nothing/redrive", headers=ADMIN).json["code"] == "not_found"


def test_all_dead_ones_are_tried_again_or_those_of_a_channel_or_webhook(client, world):
    die(world, mail(1), hook(1), hook(2), hook(3, "hook-2"))

    def redriven(**wanted):
        return client.post("/v1/deliveries/redrive", headers=ADMIN, json=wanted).json["redriven"]

    assert (redriven(target="hook-2"), redriven(channel="webhook"), redriven(all=True)) == (1, 2, 1)


@pytest.mark.parametrize(
    "wanted",
    [{}, {"all": False}, {"target": ""}, {"channel": "inbox"}, {"all": True, "channel": "email"}, {"id": "x"}],
)
def test_what_is_tried_again_must_be_said(client, world, wanted):
    die(world, mail(1), hook(1))
    assert client.post("/v1/deliveries/redrive", headers=ADMIN, json=wanted).json["code"] == "invalid_request"
    assert {state(world, mail(1)), state(world, hook(1))} == {DeliveryState.DEAD}


def test_nobody_else_may_try_again(client, world):
    die(world, mail(1))
    for path in (f"/v1/deliveries/{mail(1).id}/redrive", "/v1/deliveries/redrive"):
        assert client.post(path, headers=ANNS, json={"all": True}).json["code"] == "scope_missing"
    assert state(world, mail(1)) == DeliveryState.DEAD


# The page.


@pytest.fixture
def browser(client):
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    client.set_cookie(COOKIE_NAME, "ann!admin")
    return client


def post(browser, path):
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', browser.get("/deliveries").text)
    assert token
    return browser.post(path, data={"csrf_token": token[1]}, follow_redirects=True)


def test_the_page_shows_what_is_dead_and_why(browser, world):
    world.known(ANN, "ann")
    die(world, mail(1), cause="mail_server_away")
    page = browser.get("/deliveries").text
    attempt = ("Away or unwell", "mail_server_away", "1 attempt", "42 ms")
    for part in ("E-mail", "Payment sent", "@ann", *attempt, "Try again"):
        assert part in page
    assert "€12.50" not in page


def test_what_failed_and_waits_for_another_attempt_says_both(browser, world):
    world.deliveries.add([mail(1), mail(2)], world.clock.now())
    assert "failed, will be tried again" not in browser.get("/deliveries?state=pending").text
    claimed = world.deliveries.claim({mail(1).lane: 1}, world.clock.now(), NOW + timedelta(minutes=1))[0]
    attempt = Attempt(claimed.at, Outcome.AWAY, None, 42, "mail_server_away")
    world.deliveries.put_off(claimed, attempt, NOW + timedelta(minutes=5))
    assert browser.get("/deliveries?state=pending").text.count("failed, will be tried again") == 1


def test_a_button_tries_one_again_and_another_all(browser, world):
    die(world, mail(1), mail(2), mail(3))
    assert "It is tried again now." in post(browser, f"/deliveries/{mail(1).id}/redrive").text
    assert state(world, mail(1)) == DeliveryState.PENDING
    assert "This one is not dead" in post(browser, f"/deliveries/{mail(1).id}/redrive").text
    assert "2 deliveries are tried again now." in post(browser, "/deliveries/redrive").text
    assert {state(world, mail(position)) for position in (1, 2, 3)} == {DeliveryState.PENDING}


def test_without_its_token_a_form_changes_nothing(browser, world):
    die(world, mail(1))
    assert browser.post(f"/deliveries/{mail(1).id}/redrive").status_code == 400
    assert state(world, mail(1)) == DeliveryState.DEAD


def test_it_goes_on_to_older_ones_and_shows_each_state(browser, world):
    die(world, *(mail(position) for position in range(1, PAGE_LENGTH + 3)))
    first = browser.get("/deliveries")
    assert first.text.count("<details>") == PAGE_LENGTH
    older = re.search(r'href="(/deliveries\?[^"]*before=[^"]*)"', first.text)
    assert browser.get(older[1].replace("&amp;", "&")).text.count("<details>") == 2
    for shown in DeliveryState:
        assert browser.get(f"/deliveries?state={shown}").status_code == 200
    assert browser.get("/deliveries?state=lost&before=%00").status_code == 200


def test_only_administrators_have_the_page_and_its_link(browser, client):
    assert 'href="/deliveries"' in browser.get("/inbox").text
    client.set_cookie(COOKIE_NAME, "bob")
    assert 'href="/deliveries"' not in client.get("/inbox").text
    assert client.get("/deliveries").status_code == 403
    client.delete_cookie(COOKIE_NAME)
    assert "/login_form?next=" in client.get("/deliveries").headers["Location"]
    assert client.post("/deliveries/redrive").status_code in (400, 403)


# The command.


def command(world, **wanted):
    nothing = {"all": False, "channel": None, "target": None, "id": None}
    return redrive.run(Outgoing(world.deliveries, world.clock), argparse.Namespace(**nothing | wanted))


def test_the_command_lists_them_with_their_causes(world, capsys):
    die(world, mail(1), hook(1), cause="status_503")
    assert command(world) == 0
    said = capsys.readouterr().out
    assert said.count("status_503") == 2
    assert said.endswith("dead 2\n")


def test_the_command_tries_again_what_it_is_told_to(world, capsys):
    die(world, mail(1), mail(2), hook(1), hook(1, "hook-2"))
    assert command(world, id=mail(1).id) == 0
    assert command(world, id=mail(1).id) == 1
    assert command(world, id="nothing") == 1
    assert command(world, target="hook-2") == 0
    assert command(world, channel="webhook") == 0
    assert command(world, all=True) == 0
    assert re.findall(r"redriven (\d+)", capsys.readouterr().out) == ["1", "1", "1", "1"]


@pytest.mark.parametrize("words", [["--target", ""], ["--id", " "], ["--channel", "inbox"], ["--all", "--id", "x"]])
def test_the_command_takes_nothing_empty_for_an_answer(words, capsys):
    with pytest.raises(SystemExit) as end:
        redrive.main(words)
    assert end.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("command", [lambda: redrive.main(["--all"]), set_up.main], ids=["redrive", "set_up"])
def test_without_its_database_a_command_says_so_in_one_line(command, monkeypatch, capsys):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and doesn't listen
        monkeypatch.setenv("MONGO_URL", f"mongodb://u:hidden@127.0.0.1:{nobody.getsockname()[1]}/notification")
        assert command() == 1
    said = capsys.readouterr().err
    assert re.fullmatch(r"not (redriven|set up): MongoDB: 127\.0\.0\.1:\d+: .*refused\n", said)
    assert "hidden" not in said
