"""A transfer is followed from the request to the inbox and the lake, by its parties and by nobody else."""

from collections.abc import Callable
from typing import Any

import httpx

from bench.platform import Api
from bench.stacks import Platform
from tests.e2e.api_client import GRANT, Client
from tests.waiting import TIMEOUT_SECONDS, eventually

Make = Callable[[], Client]
TO_INBOX = ["requested", "decided", "committed", "published", "consumed_by_notification", "in_inbox"]
TO_LAKE = ["requested", "decided", "committed", "published", "consumed_by_analytics", "in_lake"]
STAGES = [*TO_INBOX, *TO_LAKE[-2:]]


def journey(who: Client, transfer_id: str) -> httpx.Response:
    return who.get(f"/v1/journeys/{transfer_id}", of="monitoring-web")


def complete_journey(who: Client, transfer_id: str) -> dict[str, Any]:
    """The journey once every stage of every step has its time."""
    found: dict[str, Any] = {}

    def is_complete() -> bool:
        found.update(journey(who, transfer_id).raise_for_status().json())
        return all(stage["at"] for step in found["steps"] for stage in step["stages"])

    eventually(is_complete, what=f"every stage of {transfer_id} has its time", within_seconds=30)
    return found


def test_both_parties_see_every_stage_with_its_time(member: Make) -> None:
    payer, payee = member(), member()
    transfer = payer.send(payee.username, 1250).json()

    for party in (payer, payee):
        found = complete_journey(party, transfer["id"])

        (step,) = found["steps"]
        assert (found["transfer_id"], step["position"]) == (transfer["id"], transfer["position"])
        assert times(step)["decided"] == transfer["posted_at"]


def test_a_hold_is_followed_to_its_capture_and_its_refund_back_to_it(member: Make) -> None:
    payer, payee = member(), member()
    hold = payer.send(payee.username, 900, hold_seconds=3600).raise_for_status().json()["id"]
    placed = complete_journey(payee, hold)
    assert (placed["status"], len(placed["steps"])) == ("pending", 1)

    captured = payee.act("capture", hold, amount=600).raise_for_status().json()
    refund = payee.act("refund", hold, amount=100).raise_for_status().json()["id"]

    for party in (payer, payee):
        found = complete_journey(party, hold)
        assert [step["status"] for step in found["steps"]] == ["pending", "posted"]
        assert [times(step)["decided"] for step in found["steps"]] == [
            times(placed["steps"][0])["decided"],
            captured["posted_at"],
        ]
        assert [(each["transfer_id"], each["type"]) for each in found["about"]] == [(refund, "refund")]
        assert complete_journey(party, refund)["original"] == hold


def times(step: dict[str, Any]) -> dict[str, str]:
    """When each stage was reached; they follow on one another."""
    at = {stage["name"]: stage["at"] for stage in step["stages"]}
    assert list(at) == STAGES
    for way in (TO_INBOX, TO_LAKE):
        assert [at[name] for name in way] == sorted(at[name] for name in way)
    return at


def test_a_rejected_transfer_has_a_journey_too_and_it_is_the_payers(member: Make) -> None:
    payer, payee = member(), member()
    transfer = payer.send(payee.username, GRANT + 1).json()["transfer"]["id"]

    found = complete_journey(payer, transfer)

    assert found["status"] == "rejected"
    assert journey(payee, transfer).status_code == 404


def test_a_journey_is_nobody_elses_business_but_the_staffs(member: Make, analyst: Client, operator: Api) -> None:
    payer, payee, other = member(), member(), member()
    transfer = payer.send(payee.username, 1).json()["id"]

    answer = journey(other, transfer)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert journey(analyst, transfer).status_code == 200
    service = Client(payer.platform, "demo", token=operator.service_token())
    assert journey(service, transfer).status_code == 200


def test_the_status_is_public_and_names_nobody(member: Make, platform: Platform) -> None:
    person = member()

    page = httpx.get(f"{platform.url('monitoring-web')}/status", timeout=TIMEOUT_SECONDS)
    answer = httpx.get(f"{platform.url('monitoring-web')}/v1/status", timeout=TIMEOUT_SECONDS)

    assert (page.status_code, answer.status_code) == (200, 200)
    (account,) = person.accounts()
    for text in (page.text, answer.text):
        assert person.username not in text
        assert account["id"] not in text
