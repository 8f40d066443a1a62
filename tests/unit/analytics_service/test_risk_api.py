"""Reports of risk under /v1: with proof, with thresholds, and not for the people whom they are about."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from analytics_service.reports.risk.patterns import RISK_REPORTS
from tests.unit.analytics_service.lakes import account, an_id, transfer

START = datetime(2026, 3, 1, tzinfo=UTC)


def get(front, path: str, who: str = "olga"):
    """olga is an analyst."""
    return front.get(path, headers={"Authorization": f"Bearer {who}"})


@pytest.fixture
def ring(lake):
    lake.put(
        transfer(1, "ann", "bob", 50_000, at=START),
        transfer(2, "bob", "cleo", 49_000, at=START + timedelta(hours=5)),
        transfer(3, "cleo", "ann", 48_000, at=START + timedelta(hours=9)),
    )
    return lake


def test_a_finding_names_the_transfers_that_prove_it(front, ring):
    [row] = get(front, "/v1/reports/risk_cycle").json["rows"]
    assert row["transfer_ids"].split() == [an_id(1), an_id(2), an_id(3)]
    assert (row["positions"], row["amounts"]) == ("1 2 3", "50000 49000 48000")
    assert (row["first_at"], row["last_at"]) == ("2026-03-01T00:00:00.000Z", "2026-03-01T09:00:00.000Z")
    assert (row["account"], row["severity"], row["score"]) == (account("ann"), "high", 276)


def test_the_same_row_comes_as_csv(front, ring):
    [row] = get(front, "/v1/reports/risk_cycle").json["rows"]
    [told] = csv.DictReader(io.StringIO(get(front, "/v1/reports/risk_cycle?format=csv").text))
    assert told == {name: str(value) for name, value in row.items()}


@pytest.mark.parametrize("more", ["window_hours=8", "tolerance=1", "hops=2", "min_amount=48001", "to=2026-02-28"])
def test_thresholds_and_filters_decide_what_is_found(front, ring, more):
    for format in ("json", "csv"):
        answer = get(front, f"/v1/reports/risk_cycle?{more}&format={format}")
        assert answer.status_code == 200
        assert an_id(1) not in answer.text


@pytest.mark.parametrize(
    "query", ["tolerance=51", "tolerance=-1", "tolerance=", "tolerance=1&tolerance=2", "parties=3"]
)
def test_a_threshold_that_can_not_be_used_is_refused_and_named(front, ring, query):
    answer = get(front, f"/v1/reports/risk_cycle?{query}")
    assert (answer.status_code, answer.json["parameter"]) == (400, query.partition("=")[0])


def test_thresholds_are_no_parameters_of_other_reports(front, ring):
    assert get(front, "/v1/reports/totals?tolerance=1").status_code == 400


def test_the_people_are_not_shown_what_is_suspected_of_them(front, ring):
    for name in RISK_REPORTS:
        for format in ("json", "csv"):
            answer = get(front, f"/v1/reports/risk_{name}?format={format}", "ann")
            assert (answer.status_code, answer.json["code"]) == (403, "analysts_only")
    listed = {report["name"] for report in get(front, "/v1/reports", "ann").json["reports"]}
    assert not {name for name in listed if name.startswith("risk_")}


def test_every_threshold_is_described_with_its_range(front):
    listed = {report["name"]: report for report in get(front, "/v1/reports").json["reports"]}
    for report in RISK_REPORTS.values():
        described = {each["name"]: each["description"] for each in listed[report.name]["parameters"]}
        for threshold in report.thresholds:
            assert f"{threshold.least} to {threshold.most}; {threshold.default} without it" in described[threshold.name]
