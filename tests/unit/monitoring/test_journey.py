"""The journey of a transfer: stages, who may see them, and sources that are missing, late or broken."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

from contracts.session import COOKIE_NAME
from monitoring.asking import Asker, Question, SourceAway
from monitoring.journey.ledger import CommitTimes
from monitoring.journey.sending import Sendings
from monitoring.journey.stages import PREVIOUS, Sending, State
from tests.unit.monitoring.watchers import NOW, Watched, an_id, decided

TRANSFER = an_id(7)
BY_ITSELF = "5f2e3f3c-53f5-5a38-9f5e-0b4c3e0b9d11"
"""An id that carries no time, as of what the platform does without being asked."""


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def browser(watched):
    return watched.browser()


def ask(watched: Watched, who: str = "ann", transfer: str = TRANSFER):
    return watched.app.test_client().get(f"/v1/journeys/{transfer}", headers={"Authorization": f"Bearer {who}"})


def only_step(watched: Watched, who: str = "ann", transfer: str = TRANSFER) -> dict:
    (step,) = ask(watched, who, transfer).json["steps"]
    return step


def stages(watched: Watched) -> dict[str, dict]:
    return {stage["name"]: stage for stage in only_step(watched)["stages"]}


def test_every_stage_has_its_time_in_order(watched):
    found = only_step(watched)
    assert [stage["name"] for stage in found["stages"]] == list(PREVIOUS)
    assert [stage["after_ms"] for stage in found["stages"]] == [0, 4, 9, 60, 80, 95, 75, 800]
    assert found["stages"][0]["at"] == "2026-01-02T03:04:05.000Z"
    assert found["complete"] is ask(watched).json["complete"] is True


def test_both_ways_from_the_topic_are_measured_from_the_topic(watched):
    hops = {name: stage["hop_ms"] for name, stage in stages(watched).items()}
    assert (hops["consumed_by_notification"], hops["consumed_by_analytics"]) == (20, 15)
    assert (hops["in_inbox"], hops["in_lake"]) == (15, 725)


@pytest.mark.parametrize(
    ("who", "sees"), [("ann", 200), ("bob", 200), ("eve", 404), ("eve@support", 200), ("demo!", 200)]
)
def test_parties_staff_and_watching_services_see_it_and_nobody_else(watched, who, sees):
    assert ask(watched, who).status_code == sees


def test_a_stranger_learns_no_more_than_of_an_id_that_never_was(watched):
    foreign, unknown = ask(watched, "eve").json, ask(watched, "eve", an_id(99)).json
    assert {**foreign, "request_id": 0, "trace_id": 0} == {**unknown, "request_id": 0, "trace_id": 0}


def test_the_named_payee_of_a_rejected_transfer_does_not_hear_of_it(watched):
    watched.records.hold(decided(status="rejected", parties=frozenset({"user-ann"})))
    assert ask(watched, "bob").status_code == 404
    assert ask(watched, "ann").status_code == 200


@pytest.mark.parametrize(("who", "status", "code"), [("bad", 401, "token_invalid"), ("other?", 403, "scope_missing")])
def test_without_the_scope_nobody_is_answered(watched, who, status, code):
    answer = ask(watched, who)
    assert (answer.status_code, answer.json["code"]) == (status, code)


@pytest.mark.parametrize("id", ["7", "x" * 36, TRANSFER + "0", TRANSFER.replace("-", ""), "%7B%24gt%3A%7D"])
def test_what_is_no_id_is_refused(watched, id):
    answer = ask(watched, transfer=id)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_a_stage_that_has_not_happened_waits(watched):
    watched.sources["analytics"].after_ms["in_lake"] = None
    found = ask(watched).json
    assert found["complete"] is False
    assert found["steps"][0]["stages"][-1] | {"detail": ""} == {
        "name": "in_lake",
        "state": "waiting",
        "at": None,
        "after_ms": None,
        "hop_ms": None,
        "since": "2026-01-02T03:04:05.075Z",
        "detail": "",
    }


@pytest.mark.parametrize("name", ["mongo", "kafka", "notification", "analytics"])
def test_a_source_that_is_away_takes_only_its_own_stages_with_it(watched, name):
    source = watched.sources[name]
    source.away = True
    found = stages(watched)
    for stage in found.values():
        assert (stage["at"] is None) == (stage["name"] in source.stages)
    lost = found[source.stages[0]]
    assert (lost["state"], lost["detail"]) == ("unknown", f"not known: {source.name}: no answer in time")


def test_a_hop_over_an_unknown_stage_is_measured_from_the_one_before(watched):
    watched.sources["kafka"].away = True
    assert stages(watched)["consumed_by_notification"]["hop_ms"] == 80 - 9


def test_what_is_final_is_asked_once_and_the_rest_again(watched):
    watched.sources["analytics"].after_ms["in_lake"] = None
    for _ in range(3):
        ask(watched)
    assert {name: source.asked for name, source in watched.sources.items()} == {
        "mongo": 1,
        "kafka": 1,
        "notification": 1,
        "analytics": 3,
    }


class LogInMemory:
    """A database whose replication log answers with `code`."""

    def __init__(self, code: int) -> None:
        self.code = code
        self.since = 0

    def watch(self, pipeline, **options):
        self.since = options["start_at_operation_time"].time
        raise OperationFailure("no", self.code)


def test_a_replication_log_that_no_longer_reaches_back_is_not_asked_again():
    found = CommitTimes(LogInMemory(286)).find(decided())["committed"]
    assert (found.state, found.is_final) == (State.NOT_KEPT, True)


def test_a_replication_log_that_may_not_be_read_is_an_outage():
    with pytest.raises(SourceAway):
        CommitTimes(LogInMemory(13)).find(decided())


@pytest.mark.parametrize(
    ("ahead", "since"),
    [
        (timedelta(milliseconds=4), NOW),
        (timedelta(minutes=10), NOW),
        (timedelta(minutes=-10), NOW - timedelta(minutes=10)),
        (timedelta(hours=2), NOW + timedelta(hours=2)),
    ],
)
def test_the_log_is_read_from_the_request_on_since_the_ledgers_clock_may_have_been_ahead(ahead, since):
    log = LogInMemory(286)
    CommitTimes(log).find(decided(at=NOW + ahead))
    assert log.since == since.timestamp() - 2


def test_a_late_source_is_not_waited_for():
    end = threading.Event()
    answers = Asker(2, "test").ask({"late": Question("Kafka", end.wait), "quick": Question("Redis", lambda: 1)}, 0.05)
    end.set()
    assert answers["quick"] == 1
    assert isinstance(answers["late"], SourceAway)
    assert str(answers["late"]) == "Kafka: no answer within 0.05 s"


def test_a_bug_in_a_source_is_not_taken_for_an_outage():
    with pytest.raises(ZeroDivisionError):
        Asker(1, "test").ask({"bug": Question("Kafka", lambda: 1 / 0)}, 1.0)


def test_without_the_ledgers_database_nobody_can_say_whose_it_is(watched):
    def away(transfer_id):
        raise ServerSelectionTimeoutError("no server")

    watched.records.find = away
    assert (ask(watched).status_code, ask(watched).json["code"]) == (503, "store_unavailable")


def test_a_gift_was_asked_for_by_nobody_and_begins_with_its_decision(watched):
    gift = watched.records.hold(decided(event_id=BY_ITSELF, transfer_id=BY_ITSELF, kind="grant", payer=None, at=NOW))
    found = only_step(watched, "bob", gift)
    assert [stage["state"] for stage in found["stages"][:2]] == ["not_kept", "done"]
    assert found["stages"][1]["after_ms"] == 0
    assert found["complete"] is True


def test_the_trace_is_linked_only_where_it_was_kept(watched):
    assert only_step(watched)["trace_url"] == "http://localhost:9411/zipkin/traces/0af7651916cd43dd8448eb211c80319c"
    watched.records.hold(decided(traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"))
    assert only_step(watched)["trace_url"] is None


def test_the_page_shows_the_timeline(browser):
    page = browser.get(f"/journey/{TRANSFER}")
    assert page.status_code == 200
    assert [text in page.text for text in ("03:04:05.095", "+95 ms", "Its trace in Zipkin")] == [True] * 3
    assert 'data-complete="yes"' in page.text
    assert "Refresh" not in page.headers


def test_the_page_looks_again_until_the_journey_is_complete(watched, browser):
    watched.sources["analytics"].after_ms["in_lake"] = None
    watched.records.hold(decided(at=NOW - timedelta(days=1)))
    page = browser.get(f"/journey/{TRANSFER}")
    assert 'data-complete="no"' in page.text
    assert page.headers["Refresh"] == "15"


def test_whoever_is_not_signed_in_logs_in_and_comes_back(watched):
    client = watched.app.test_client()
    answer = client.get(f"/journey/{TRANSFER}")
    assert answer.headers["Location"].endswith(f"/login_form?next=http%3A%2F%2Flocalhost%3A5004%2Fjourney%2F{TRANSFER}")


def test_the_form_leads_to_the_journey(browser):
    answer = browser.get("/journey", query_string={"transfer_id": f" {TRANSFER.upper()} "})
    assert answer.headers["Location"] == f"/journey/{TRANSFER}"


@pytest.mark.parametrize("text", ["", "lunch", "7"])
def test_the_form_explains_what_a_number_looks_like(browser, text):
    answer = browser.get("/journey", query_string={"transfer_id": text})
    assert answer.status_code == 400
    assert re.search(r"invalid-feedback", answer.text)


def test_a_page_for_nonsense_is_the_form_with_the_same_explanation(browser):
    answer = browser.get("/journey/nonsense")
    assert answer.status_code == 400
    assert "That is no transfer's number." in answer.text


def test_a_page_for_anothers_transfer_says_what_it_says_for_none(watched, browser):
    browser.set_cookie(COOKIE_NAME, "eve")
    foreign, unknown = browser.get(f"/journey/{TRANSFER}"), browser.get(f"/journey/{an_id(99)}")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.text.replace(TRANSFER, "") == unknown.text.replace(an_id(99), "")


WEBHOOK = Sending("user-bob", "webhook", "pending", 3, NOW, "away", 500, NOW + timedelta(minutes=5))
LETTER = Sending("user-ann", "email", "delivered", 1, NOW, "delivered", 250, None)


@pytest.mark.parametrize(
    ("who", "channels"), [("ann", ["email"]), ("bob", ["webhook"]), ("eve@support", ["webhook", "email"])]
)
def test_which_ways_somebody_is_told_by_is_theirs_and_the_staffs_to_see(watched, who, channels):
    watched.sendings.sent = [WEBHOOK, LETTER]
    assert [each["channel"] for each in only_step(watched, who)["sent"]] == channels


def test_a_webhook_that_fails_shows_its_attempts_and_when_the_next_one_is(watched, browser):
    watched.sendings.sent = [WEBHOOK]
    browser.set_cookie(COOKIE_NAME, "bob")
    page = browser.get(f"/journey/{TRANSFER}")
    for told in (
        "3 attempts",
        "the last 03:04:05",
        "answered with 500",
        "the next 03:09:05",
        "failed, will be tried again",
    ):
        assert told in page.text
    assert page.headers["Refresh"]
    assert only_step(watched, "bob")["sent"] == [
        {
            "user_id": "user-bob",
            "channel": "webhook",
            "state": "pending",
            "attempts": 3,
            "last_attempt_at": "2026-01-02T03:04:05.000Z",
            "last_outcome": "away",
            "last_status": 500,
            "next_attempt_at": "2026-01-02T03:09:05.000Z",
        }
    ]


def test_what_went_out_is_said_to_be_unknown_where_nobody_could_be_asked(watched, browser):
    watched.sendings.away = True
    assert only_step(watched)["sent"] is None
    assert "What went out by e-mail and to webhooks is not known" in browser.get(f"/journey/{TRANSFER}").text


def test_a_missing_stage_says_since_when(watched, browser):
    watched.sources["notification"].after_ms["in_inbox"] = None
    assert "missing since 03:04:05" in browser.get(f"/journey/{TRANSFER}").text


class Answering:
    """As ServiceApi; it always says the same."""

    name = "notification_service"

    def __init__(self, body):
        self.body = body

    def get(self, path):
        return self.body


@pytest.mark.parametrize("body", [{"notifications": []}, {"deliveries": [{"user_id": "user-ann"}]}])
def test_an_answer_about_what_went_out_that_is_not_understood_is_an_outage(body):
    with pytest.raises(SourceAway):
        Sendings(Answering(body)).of(decided())


def test_of_an_event_that_nobody_was_told_of_nothing_went_out():
    assert Sendings(Answering(None)).of(decided()) == ()
