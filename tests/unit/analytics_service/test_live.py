"""The live overview: what the reports say of the same time, without opening a file."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_service.filters import Selection
from analytics_service.reports import REPORTS
from analytics_service.use_cases.live import Figures, Live
from tests.unit.analytics_service.added_up import reports
from tests.unit.analytics_service.chances import JOURNALS, ZONES
from tests.unit.analytics_service.lakes import NOON, TestLake, an_id, transfer
from tests.unit.analytics_service.test_api import get

SECOND = timedelta(seconds=1)


def at_noon(lake: TestLake, seconds: float = 0) -> TestLake:
    """The clock shows noon, or so many seconds later."""
    lake.clock.advance((NOON - lake.clock.now()).total_seconds() + seconds)
    return lake


def test_it_tells_today_the_last_hour_and_its_minutes(front, lake):
    lake.put(
        transfer(1, at=NOON - timedelta(hours=12)),
        transfer(2, at=NOON - timedelta(hours=12, milliseconds=1)),
        transfer(3, at=NOON - timedelta(minutes=58)),
        transfer(4, None, "ann", 100_000, at=NOON),
        transfer(5, at=NOON + SECOND, payee=None, reason="unknown_payee"),
        transfer(6, at=NOON + SECOND, amount=50),
    )
    at_noon(lake, 30)
    body = get(front, "/v1/live").json
    assert (body["figures_of"], body["as_of"]) == ("platform", "2026-01-02T12:00:30.000Z")
    assert body["complete_upto"] == {"position": 6, "occurred_at": "2026-01-02T12:00:01.000Z"}
    today, hour = body["today"], body["last_hour"]
    assert (today["from"], today["posted"], today["rejected"]) == ("2026-01-02T00:00:00.000Z", 4, 1)
    assert today["totals"] == [
        {"currency": "EUR", "type": "grant", "posted": 1, "rejected": 0, "amount": 100_000},
        {"currency": "EUR", "type": "payment", "posted": 3, "rejected": 1, "amount": 2550},
    ]
    assert (hour["from"], hour["posted"]) == ("2026-01-02T11:01:00.000Z", 3)
    assert hour["posted_per_minute"] == round(3 / 59.5, 3)
    assert (len(body["minutes"]), body["minutes"][0]["from"]) == (60, hour["from"])
    assert body["minutes"][-1] == {"from": "2026-01-02T12:00:00.000Z", "posted": 2, "rejected": 1}
    assert [minute["posted"] for minute in body["minutes"]].count(0) == 58


def test_success_is_of_payments_and_says_why_others_were_refused(front, lake):
    reasons = ["limit_exceeded", "insufficient_funds", "insufficient_funds"]
    refund = transfer(6, type="refund", reason="not_refundable")
    refund["transfer"]["original"] = an_id(4)
    lake.put(*(transfer(n, reason=reason) for n, reason in enumerate(reasons, 1)))
    lake.put(transfer(4), transfer(5, None, "ann"), refund)
    hour = get(front, "/v1/live").json["last_hour"]
    assert hour["success_ratio"] == 0.25
    assert hour["reasons"] == [
        {"reason": "insufficient_funds", "transfers": 2},
        {"reason": "limit_exceeded", "transfers": 1},
    ]
    assert (hour["posted"], hour["rejected"]) == (2, 4)


def test_of_an_empty_lake_there_is_no_ratio_and_no_watermark(front):
    body = get(front, "/v1/live").json
    assert body["today"]["success_ratio"] is None
    assert body["complete_upto"] == {"position": 0, "occurred_at": None}


def test_it_is_of_the_currencies_types_or_origins_that_are_asked_for(front, lake):
    lake.put(transfer(1), transfer(2, currency="JPY"), transfer(3, origin="probe"), transfer(4, None, "ann"))
    posted = {
        query: get(front, f"/v1/live?{query}").json["today"]["posted"]
        for query in (
            "currency=JPY",
            "origin=probe",
            "type=grant",
            "currency=EUR&type=payment",
            "type=grant&type=payment",
        )
    }
    assert list(posted.values()) == [1, 1, 1, 2, 4]


def test_no_file_is_opened(front, lake):
    lake.put(transfer(1))
    before = get(front, "/v1/live").json
    shutil.rmtree(lake.root)
    assert get(front, "/v1/live").json == before


@pytest.mark.parametrize(("who", "status"), [("olga", 200), ("robot", 200), ("ann", 403), ("reader", 403)])
def test_it_is_for_those_who_see_the_platforms_figures(front, who, status):
    assert get(front, "/v1/live", who).status_code == status


@pytest.mark.parametrize(
    "query",
    ["account=x", "zone=Mars", "currency=EURO", "zone=UTC&zone=UTC", "type=payment&type=gift", "from=2026-01-01"],
)
def test_what_it_does_not_know_is_refused(front, query):
    answer = get(front, f"/v1/live?{query}")
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_while_an_older_lake_is_being_read_it_says_when_to_come_again(front, lake):
    lake.manifest.rolled_up = False
    answer = get(front, "/v1/live")
    assert (answer.status_code, answer.json["code"]) == (503, "figures_not_ready")
    assert int(answer.headers["Retry-After"]) > 0


def as_totals(figures: Figures) -> list[dict[str, object]]:
    return [vars(total) for total in figures.totals]


@pytest.mark.timeout(300)
@given(JOURNALS, st.sampled_from(ZONES), st.data())
@settings(max_examples=20, deadline=None)
def test_it_says_what_the_report_says_of_the_same_time(tmp_path_factory, events, zone, data):
    lake = TestLake(tmp_path_factory.mktemp("lake"))
    lake.put(*events)
    moments = [datetime.fromisoformat(event["occurred_at"]) for event in events]
    # Not before the last of them: nothing is decided after now.
    now = max(moments, default=datetime(2028, 3, 1, tzinfo=UTC)) + data.draw(
        st.sampled_from([timedelta(0), SECOND, timedelta(minutes=59), timedelta(hours=5), timedelta(hours=20)])
    )
    lake.clock.advance((now - lake.clock.now()).total_seconds())
    overview = Live(lake.rollups, lake.clock).overview(Selection(zone=zone))
    for figures in (overview.today, overview.last_hour):
        rows = reports(lake).answer([REPORTS["totals"]], Selection(from_=figures.from_)).figures["totals"]
        assert as_totals(figures) == [{k: v for k, v in row.items() if k != "direction"} for row in rows]
    assert sum(minute.posted for minute in overview.minutes) == overview.last_hour.posted
