"""Reports that are ordered and fetched later, and those that a schedule orders: through all the processes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.platform import Api
from tests.e2e.api_client import Client
from tests.waiting import eventually

Make = Callable[[], Client]
ANALYTICS = "analytics-web"
OVER = ("done", "failed", "cancelled")
NAMES = ("totals", "per_day", "accounts", "users_per_day")
MADE_WITHIN_SECONDS = 60
DUE_WITHIN_SECONDS = 180
"""A schedule is due with the next whole minute but one."""


@pytest.fixture(scope="module")
def pair(member: Make, operator: Api) -> tuple[Client, Client]:
    """Two who have sent to one another, all of it in the lake."""
    payer, payee = member(), member()
    payer.send(payee.username, 700)
    last = payee.send(payer.username, 200).json()["position"]
    eventually(lambda: operator.is_in_lake(last), what="the last transfer is in the lake")
    return payer, payee


def order(client: Client, **body: Any) -> str:
    answer = client.post("/v1/jobs", of=ANALYTICS, json=body)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/v1/jobs/{answer.json()['id']}"
    return str(answer.json()["id"])


def job(client: Client, id: str) -> dict[str, Any]:
    told: dict[str, Any] = client.get(f"/v1/jobs/{id}", of=ANALYTICS).json()
    return told


def done(client: Client, id: str) -> dict[str, Any]:
    eventually(lambda: job(client, id)["state"] in OVER, what="the job is over", within_seconds=MADE_WITHIN_SECONDS)
    told = job(client, id)
    assert told["state"] == "done", told
    return told


@pytest.mark.parametrize("report", NAMES)
def test_a_result_is_what_the_report_itself_answers(pair: tuple[Client, Client], report: str) -> None:
    payer, _ = pair
    query = {"zone": "Europe/Berlin", "currency": "EUR"}
    id = order(payer, report=report, filter=query)
    done(payer, id)
    result = payer.get(f"/v1/jobs/{id}/result", of=ANALYTICS).json()
    direct = payer.get(f"/v1/reports/{report}", of=ANALYTICS, **query).json()
    assert result["rows"] == direct["rows"]
    assert result["rows"]


def test_a_file_is_the_export_and_nobody_elses(pair: tuple[Client, Client]) -> None:
    payer, payee = pair
    id = order(payer, report="transfers", format="csv")
    done(payer, id)
    file = payer.get(f"/v1/jobs/{id}/result", of=ANALYTICS)
    assert file.headers["Content-Type"].startswith("text/csv")
    assert file.content == payer.get("/v1/rows", of=ANALYTICS, format="csv").content
    for path in ("", "/result"):
        assert payee.get(f"/v1/jobs/{id}{path}", of=ANALYTICS).status_code == 404


def test_a_scheduled_report_is_made_in_its_minute_and_told_once(pair: tuple[Client, Client]) -> None:
    payer, _ = pair
    due = (datetime.now(UTC) + timedelta(minutes=1, seconds=5)).replace(second=0, microsecond=0)
    body = {"report": "totals", "every": "day", "at": f"{due:%H:%M}", "period": "last_7_days", "format": "csv"}
    made = payer.post("/v1/schedules", of=ANALYTICS, json=body)
    assert made.status_code == 201, made.text
    assert made.json()["next_due"] == f"{due:%Y-%m-%dT%H:%M:%S}.000Z"

    def notices() -> list[dict[str, Any]]:
        return [told for told in payer.inbox() if told["kind"] == "report.ready"]

    eventually(notices, what="its person is told", within_seconds=DUE_WITHIN_SECONDS)
    (told,) = notices()
    ordered = job(payer, told["report"]["id"])
    assert (ordered["schedule_id"], ordered["due_at"]) == (made.json()["id"], made.json()["next_due"])
    assert payer.get(f"/v1/jobs/{ordered['id']}/result", of=ANALYTICS).status_code == 200
    assert payer.get(made.headers["Location"], of=ANALYTICS).json()["last_job"] == ordered["id"]
