"""Transfers with a life: holds, plans, refunds; each record a step with stages of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitoring.asking import SourceAway
from monitoring.journey.services import Notified
from monitoring.journey.stages import State
from tests.unit.monitoring.test_journey import BY_ITSELF, ask
from tests.unit.monitoring.watchers import NOW, Watched, an_id, decided

HOUR = timedelta(hours=1)
KEPT = timedelta(days=180)
PAYER_ONLY = frozenset({"user-ann"})


def later(number: int, status: str, of: int, **changed):
    """What became of a transfer an hour after it began."""
    at = NOW + HOUR
    values = {"event_id": an_id(number, at), "transfer_id": an_id(of), "at": at + timedelta(milliseconds=4)}
    return decided(number, status=status, **values | changed)


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def browser(watched):
    return watched.browser()


@pytest.fixture
def captured(watched) -> str:
    """A hold of ann's for bob, captured an hour later."""
    return watched.records.hold(decided(20, status="pending", ends_at=NOW + 2 * HOUR), later(21, "posted", 20))


@pytest.fixture
def executed(watched) -> str:
    """A plan of ann's, of which bob hears when it is executed."""
    plan = decided(30, status="scheduled", parties=PAYER_ONLY, told=PAYER_ONLY, ends_at=NOW + HOUR)
    return watched.records.hold(plan, later(31, "posted", 30, event_id=BY_ITSELF))


@pytest.fixture
def refunded(watched) -> str:
    """A payment that bob has refunded in part, and that ann has tried to call off."""
    refund = decided(41, kind="refund", original=an_id(40), payer="user-bob")
    attempt = decided(42, kind="void", status="rejected", original=an_id(40), parties=PAYER_ONLY)
    watched.records.hold(refund)
    return watched.records.hold(decided(40), about=(refund, attempt))


def test_every_record_is_a_step_with_stages_of_its_own(watched, captured):
    found = ask(watched, transfer=captured).json
    assert (found["status"], found["complete"]) == ("posted", True)
    assert [(step["status"], step["position"], step["at"][11:19]) for step in found["steps"]] == [
        ("pending", 20, "03:04:05"),
        ("posted", 21, "04:04:05"),
    ]
    for step in found["steps"]:
        assert [stage["after_ms"] for stage in step["stages"]] == [0, 4, 9, 60, 80, 95, 75, 800]


def test_a_step_that_is_under_way_leaves_the_journey_incomplete(watched, captured):
    ask(watched, transfer=captured)
    watched.sources["analytics"].after_ms["in_lake"] = None
    watched.records.hold(*watched.records.transfers[captured].records, later(22, "voided", 20))
    found = ask(watched, transfer=captured).json
    assert [step["complete"] for step in found["steps"]] == [True, True, False]
    assert found["complete"] is False


def test_each_record_is_asked_about_until_its_answer_is_final(watched, captured):
    for _ in range(3):
        ask(watched, transfer=captured)
    assert {name: source.asked for name, source in watched.sources.items()} == dict.fromkeys(watched.sources, 2)


def test_what_the_platform_does_by_itself_begins_with_its_decision(watched, executed):
    *_, execution = ask(watched, transfer=executed).json["steps"]
    assert [stage["state"] for stage in execution["stages"][:2]] == ["not_kept", "done"]
    assert "its moment had come" in execution["stages"][0]["detail"]
    assert execution["stages"][1]["after_ms"] == 0


def test_a_payee_knows_nothing_of_a_plan_until_it_is_executed(watched, executed):
    assert [step["status"] for step in ask(watched, "ann", executed).json["steps"]] == ["scheduled", "posted"]
    assert [step["status"] for step in ask(watched, "bob", executed).json["steps"]] == ["posted"]
    watched.records.hold(watched.records.transfers[executed].records[0])
    assert (ask(watched, "ann", executed).status_code, ask(watched, "bob", executed).status_code) == (200, 404)


def test_a_refund_and_its_original_lead_to_each_other(watched, browser, refunded):
    original, refund = ask(watched, transfer=refunded).json, ask(watched, transfer=an_id(41)).json
    assert original["about"][0] | {"at": 0} == {
        "transfer_id": an_id(41),
        "type": "refund",
        "status": "posted",
        "at": 0,
    }
    assert (refund["type"], refund["original"], original["original"]) == ("refund", refunded, None)
    assert f'href="/journey/{an_id(41)}"' in browser.get(f"/journey/{refunded}").text
    assert f'href="/journey/{refunded}"' in browser.get(f"/journey/{an_id(41)}").text


def test_a_refused_attempt_is_the_business_of_its_party_and_of_the_staff(watched, refunded):
    def kinds(who: str) -> list[str]:
        return [each["type"] for each in ask(watched, who, refunded).json["about"]]

    assert (kinds("ann"), kinds("bob"), kinds("eve@support")) == (["refund", "void"], ["refund"], ["refund", "void"])


def test_the_page_names_each_step_and_what_is_waited_for(watched, browser, captured, executed):
    page = browser.get(f"/journey/{captured}").text
    assert page.index("<h2>Held</h2>") < page.index("<h2>Captured</h2>")
    assert "this is the last of 2 steps" in page
    assert "<h2>Executed</h2>" in browser.get(f"/journey/{executed}").text
    open_hold = watched.records.hold(decided(50, status="pending", ends_at=NOW + 2 * HOUR))
    page = browser.get(f"/journey/{open_hold}")
    assert "until Jan 2, 2026" in page.text
    assert "Refresh" not in page.headers


def test_the_link_from_a_refused_attempt_leads_to_what_was_attempted(watched, browser):
    attempt = watched.records.hold(
        decided(60, kind="capture", status="rejected", original=an_id(7), parties=PAYER_ONLY, told=PAYER_ONLY)
    )
    page = browser.get(f"/journey/{attempt}").text
    assert f"/transfers/{an_id(7)}" in page
    assert f"/transfers/{attempt}" not in page


class Inboxes:
    """notification_service's API, with a notification for each of `told`."""

    name = "notification_service"

    def __init__(self, **told: str) -> None:
        self.told = told

    def get(self, path):
        if not self.told:
            return None
        at = "2026-01-02T03:04:0{}Z"
        return {
            "notifications": [
                {
                    "user_id": f"user-{who}",
                    "channel": "inbox",
                    "consumed_at": at.format(5),
                    "created_at": at.format(second),
                }
                for who, second in self.told.items()
            ]
        }


def in_inbox(record, **told: str):
    return notified(Inboxes(**told)).find(record)["in_inbox"]


def notified(api):
    return Notified(api, KEPT, lambda: NOW)


def test_everybody_who_is_owed_a_notification_is_waited_for():
    split = decided(told=frozenset({"user-ann", "user-bob", "user-cem"}))
    assert in_inbox(split).state is State.WAITING
    part = in_inbox(split, ann="6", bob="7")
    assert (part.state, part.detail) == (State.WAITING, "payer 03:04:06.000 · payee not yet")
    whole = in_inbox(split, ann="6", bob="7", cem="8")
    assert (whole.state, whole.at) == (State.DONE, datetime(2026, 1, 2, 3, 4, 8, tzinfo=UTC))
    assert whole.detail == "payer 03:04:06.000 · payee 03:04:08.000"


def test_where_nobody_is_owed_one_nobody_is_asked():
    assert in_inbox(decided(told=frozenset())).state is State.NOT_KEPT


def test_an_answer_of_another_form_is_an_outage():
    class Other(Inboxes):
        def get(self, path):
            return {"notifications": [{}]}

    with pytest.raises(SourceAway):
        notified(Other()).find(decided())


def test_notifications_that_are_kept_no_longer_are_not_waited_for():
    old, young = decided(at=NOW - KEPT - timedelta(seconds=1)), decided(at=NOW - KEPT + timedelta(seconds=1))
    assert {found.state for found in notified(Inboxes()).find(old).values()} == {State.NOT_KEPT}
    assert {found.state for found in notified(Inboxes()).find(young).values()} == {State.WAITING}
    assert in_inbox(old, ann="6", bob="7").state is State.DONE
