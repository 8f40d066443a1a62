"""The API as a client sees it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from analytics_service.wiring.web import OPENAPI
from service_kit.apidocs import api_routes, documented
from tests.unit.analytics_service.lakes import NOON, account, opened, transfer


def get(front, path, who="olga"):
    return front.get(path, headers={"Authorization": f"Bearer {who}"})


@pytest.fixture
def paid(lake):
    lake.put(opened(1), opened(2, "bob"), transfer(3, None, "ann", 100_000), transfer(4, "ann", "bob", 1250))
    lake.put(
        transfer(5, "bob", "ann", 300),
        transfer(6, "ann", None, 9, reason="unknown_payee"),
        transfer(7, "cleo", "bob", 1),
    )
    return lake


def test_every_route_is_documented(front):
    assert api_routes(front.application) == documented(OPENAPI)


def test_the_reports_say_what_they_take_and_give(front):
    listed = get(front, "/v1/reports").json["reports"]
    assert [report["name"] for report in listed] == [
        "totals",
        "per_hour",
        "per_day",
        "top_payers",
        "top_payees",
        "outcomes",
    ]
    assert "amount" in listed[0]["columns"]


def test_an_answer_says_whose_figures_it_has_and_up_to_where_they_are_complete(front, paid):
    answer = get(front, "/v1/reports/totals?type=payment").json
    assert answer["figures_of"] == "platform"
    assert answer["filter"] == {"type": "payment"}
    assert answer["complete_upto"] == {"position": 7, "occurred_at": "2026-01-02T12:00:07.000Z"}
    assert answer["engine"] == "pandas"
    assert answer["rows"] == [
        {"currency": "EUR", "type": "payment", "direction": "all", "posted": 3, "rejected": 1, "amount": 1551}
    ]


def test_people_see_their_own_transfers_only(front, paid):
    answer = get(front, "/v1/rows", "ann").json
    assert answer["figures_of"] == "own"
    assert [(row["position"], row["direction"]) for row in answer["rows"]] == [
        (6, "out"),
        (5, "in"),
        (4, "out"),
        (3, "in"),
    ]
    assert get(front, f"/v1/rows?account={account('cleo')}", "ann").json["rows"] == []


@pytest.mark.parametrize("column", ["balance_after", "user_id"])
def test_nobodys_balance_or_user_id_is_among_the_rows(front, paid, column):
    assert column not in get(front, "/v1/rows", "ann").text


def test_a_service_sees_the_platforms_figures_and_needs_its_scope(front, paid):
    assert get(front, "/v1/rows", "robot").json["figures_of"] == "platform"
    assert get(front, "/v1/rows", "reader").json["code"] == "scope_missing"
    assert get(front, "/v1/lake", "olga").json["code"] == "scope_missing"
    assert front.get("/v1/reports").status_code == 401


def test_pages_of_rows_join_without_gap_or_overlap(front, lake):
    for first in (1, 6, 4, 10):
        lake.put(*map(transfer, range(first, first + 5)))
    seen, cursor = [], ""
    while cursor is not None:
        page = get(front, f"/v1/rows?limit=4{cursor and '&cursor=' + cursor}").json
        seen += [row["position"] for row in page["rows"]]
        cursor = page["next_cursor"]
    assert seen == list(range(14, 0, -1))


def test_the_export_has_the_rows_of_the_screen(front, paid):
    for query in ("", "&status=rejected", "&type=payment&currency=EUR", "&after=4&upto=6"):
        rows = get(front, f"/v1/rows?limit=100{query}").json["rows"]
        exported = get(front, f"/v1/rows?format=csv{query}")
        assert list(csv.DictReader(io.StringIO(exported.text))) == [
            {name: "" if value is None else str(value) for name, value in row.items()} for row in rows
        ]
        assert exported.headers["Complete-Upto-Position"] == "7"


def test_the_export_is_rfc_4180(front, paid):
    answer = get(front, "/v1/reports/outcomes?format=csv")
    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    assert answer.text == (
        "type,status,reason,transfers\r\ngrant,posted,,1\r\npayment,posted,,3\r\npayment,rejected,unknown_payee,1\r\n"
    )


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(front, lake):
    event = transfer(1, "ann", "bob")
    event["transfer"]["payer"]["account"] = '=HYPERLINK("http://evil","x")'
    lake.put(event)
    cells = list(csv.reader(io.StringIO(get(front, "/v1/rows?format=csv").text)))
    assert cells[1][cells[0].index("payer_account")] == '\'=HYPERLINK("http://evil","x")'


@pytest.mark.parametrize(
    "query",
    [
        "form=csv",
        "format=xml",
        "currency=eur",
        "currency=XXZ",
        "from=yesterday",
        "from=2026-01-01T00:00:00",
        "to=9999-12-31",
        "after=-1",
        "after=1e3",
        "upto=99999999999999999",
        "status=posted&status=rejected",
        "status=open",
        "limit=0",
        "limit=101",
        "cursor=1",
        "from=0001-01-01T00:00:00%2B14:00",
    ],
)
def test_a_query_that_is_not_understood_is_refused_and_says_where(front, query):
    answer = get(front, f"/v1/reports/top_payers?{query}")
    assert answer.status_code == 400
    assert answer.json["code"] == "invalid_request"
    assert answer.json["parameter"] == query.partition("=")[0]


def test_an_unknown_report_is_not_found(front):
    assert get(front, "/v1/reports/profits").status_code == 404


def test_the_lake_tells_what_it_holds(front, paid):
    found = get(front, "/v1/lake", "robot").json
    assert (found["rows"], found["files"], found["complete_upto_position"]) == (7, 2, 7)
    assert found["complete_upto_time"] == "2026-01-02T12:00:07.000Z"
    assert get(front, "/v1/lake/coverage?after=1&upto=6", "robot").json == {
        "after": 1,
        "upto": 6,
        "events": 5,
        "rows": 5,
    }


def test_coverage_counts_the_rows_that_are_really_there(front, paid):
    first, second = paid.manifest.snapshot().files
    paid.folder.path(first.path).write_bytes(paid.folder.path(second.path).read_bytes())
    assert get(front, "/v1/lake/coverage?after=1&upto=6", "robot").json == {
        "after": 1,
        "upto": 6,
        "events": 5,
        "rows": 4,
    }


def test_a_position_is_found_with_its_times(front, paid):
    found = get(front, "/v1/lake/positions/1", "robot").json
    assert found["event_id"] == opened(1)["event_id"]
    assert found["consumed_at"] == found["committed_at"] == "2026-01-02T12:00:00.000Z"
    assert found["file"].startswith("date=2026-01-02/")
    assert get(front, "/v1/lake/positions/8", "robot").status_code == 404


def test_an_empty_lake_answers(front):
    assert get(front, "/v1/lake", "robot").json["complete_upto_time"] is None
    assert get(front, "/v1/reports/totals").json["rows"] == []
    assert get(front, "/v1/rows").json["rows"] == []


def test_exports_and_durations_are_counted(front, paid):
    get(front, "/v1/rows?format=csv")
    get(front, "/v1/reports/totals")
    value = paid.registry.get_sample_value
    assert value("analytics_exports_total", {"format": "csv"}) == 1
    assert value("analytics_report_duration_seconds_count", {"report": "totals", "engine": "pandas"}) == 1


def test_events_of_days_apart_are_filtered_by_date(front, lake):
    lake.put(transfer(1), transfer(2, at=NOON + timedelta(days=1)))
    rows = get(front, "/v1/rows?from=2026-01-03&to=2026-01-03").json["rows"]
    assert [row["position"] for row in rows] == [2]
