"""The API as a client sees it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from unittest.mock import ANY

import pytest

from analytics_service.document import OPENAPI
from analytics_service.exports import FORMATS
from analytics_service.filters import FIELDS
from analytics_service.reports import REPORTS
from service_kit.api_document import ApiDocument
from service_kit.apidocs import api_routes, documented
from tests.unit.analytics_service.lakes import NOON, account, opened, transfer, user


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
    listed = {report["name"]: report for report in get(front, "/v1/reports").json["reports"]}
    assert list(listed) == list(REPORTS)
    for report in listed.values():
        assert [column["name"] for column in report["schema"]] == report["columns"]
        assert {"name", "kind", "description"} == set(report["schema"][0])
    assert {"name": "amount", "kind": "money", "description": ANY} in listed["totals"]["schema"]
    assert "limit" in {parameter["name"] for parameter in listed["top_payers"]["parameters"]}
    needed = {name: [p["name"] for p in report["parameters"] if p["required"]] for name, report in listed.items()}
    assert {name: names for name, names in needed.items() if names} == {
        "statement": ["account"],
        "counterparties": ["user"],
    }


def test_the_reports_and_their_columns_are_in_the_document():
    document = ApiDocument.load(OPENAPI).content
    parameters = document["paths"]["/v1/reports/{name}"]["get"]["parameters"]
    named = next(parameter for parameter in parameters if parameter.get("name") == "name")
    assert named["schema"]["enum"] == list(REPORTS)
    taken = {parameter["$ref"].rpartition("/")[2] for parameter in parameters if "$ref" in parameter}
    assert taken - {"format"} == set(FIELDS)
    limits = document["paths"]["/v1/reports/{name}"]["get"]["parameters"][-1]["schema"]
    assert limits["maximum"] == max(report.limit_max for report in REPORTS.values())


def test_every_report_answers_with_its_columns_as_json_and_as_csv(front, paid):
    for name, report in REPORTS.items():
        if report.analysts_only:
            # A few payments prove nothing: see test_risk_api.py.
            continue
        path = f"/v1/reports/{name}?account={account('ann')}&user={user('ann')}"
        rows = get(front, path).json["rows"]
        assert rows, name
        assert all(list(row) == list(report.columns) for row in rows)
        lines = csv.reader(io.StringIO(get(front, f"{path}&format=csv").text))
        told = [["" if value is None else str(value) for value in row.values()] for row in rows]
        assert list(lines) == [list(report.columns), *told]


def test_what_a_report_cannot_do_without_is_asked_for(front, paid):
    for name, missing in (("statement", "account"), ("counterparties", "user")):
        answer = get(front, f"/v1/reports/{name}")
        assert (answer.status_code, answer.json["parameter"]) == (400, missing)
    assert get(front, "/v1/reports/counterparties", "ann").status_code == 200


def test_an_analyst_sees_one_users_figures_as_that_user_does(front, paid):
    for path in ("reports/totals", "reports/counterparties", "reports/accounts", "rows"):
        asked, own = get(front, f"/v1/{path}?user={user('ann')}").json, get(front, f"/v1/{path}", "ann").json
        assert (asked["figures_of"], own["figures_of"]) == ("user", "own")
        assert asked["rows"] == own["rows"]


def test_nobody_else_sees_another_persons_figures(front, paid):
    for path in ("/v1/reports/counterparties", "/v1/reports/totals", "/v1/rows"):
        answer = get(front, f"{path}?user={user('ann')}", "bob")
        assert (answer.status_code, answer.json["code"]) == (403, "others_figures")
        assert get(front, f"{path}?user={user('bob')}", "bob").status_code == 200


def test_of_anothers_account_a_person_sees_neither_statement_nor_balance(front, paid):
    assert get(front, f"/v1/reports/statement?account={account('ann')}", "ann").json["rows"]
    assert get(front, f"/v1/reports/statement?account={account('bob')}", "ann").json["rows"] == []
    accounts = get(front, "/v1/reports/accounts", "ann").json["rows"]
    assert {row["account"] for row in accounts} == {account("ann")}
    assert get(front, f"/v1/reports/accounts?account={account('bob')}", "ann").json["rows"] == []


def test_an_answer_says_whose_figures_it_has_and_up_to_where_they_are_complete(front, paid):
    answer = get(front, "/v1/reports/totals?type=payment").json
    assert answer["figures_of"] == "platform"
    assert answer["filter"] == {"type": ["payment"]}
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
        "to=2026-01-02&from=2026-01-03",
        "zone=UTC&zone=Europe/Berlin",
        "account=one&account=other",
        "status=open",
        "status=posted,rejected",
        "status=posted&status=open",
        "reason=bad_mood",
        "amount_min=10",
        "amount_max=10&currency=EUR&currency=JPY",
        "amount_min=0.5&currency=EUR",
        "amount_min=-1&currency=EUR",
        "amount_min[$gt]=0&currency=EUR",
        f"text={'x' * 101}",
        "text=%00",
        "transfer=%0A%00",
        "limit=0",
        "limit=101",
        "cursor=1",
        "from=0001-01-01T00:00:00%2B14:00",
        "zone=Europe/Atlantis",
        "zone=../UTC",
        "zone=localtime",
        "zone=CEST",
    ],
)
def test_a_query_that_is_not_understood_is_refused_and_says_where(front, query):
    answer = get(front, f"/v1/reports/top_payers?{query}")
    assert answer.status_code == 400
    assert answer.json["code"] == "invalid_request"
    assert answer.json["parameter"] == query.partition("=")[0]


def test_every_format_is_in_the_document():
    formats = ApiDocument.load(OPENAPI).content["components"]["parameters"]["format"]["schema"]["enum"]
    assert formats == list(FORMATS)


@pytest.mark.parametrize("path", ["/v1/reports/totals", "/v1/rows"])
def test_each_format_comes_as_what_it_is_and_is_counted(front, paid, path):
    for name, format in FORMATS.items():
        if name == "json":
            continue
        answer = get(front, f"{path}?format={name}")
        assert answer.content_type == format.media_type
        assert answer.headers["Content-Disposition"].endswith(f'.{name}"')
        assert answer.headers["Complete-Upto-Position"] == "7"
        assert answer.data
        assert paid.registry.get_sample_value("analytics_exports_total", {"format": name}) == 1


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
        "retired": 0,
    }


def test_coverage_counts_the_rows_that_are_really_there(front, paid):
    first, second = paid.manifest.snapshot().files
    paid.folder.path(first.path).write_bytes(paid.folder.path(second.path).read_bytes())
    assert get(front, "/v1/lake/coverage?after=1&upto=6", "robot").json == {
        "after": 1,
        "upto": 6,
        "events": 5,
        "rows": 4,
        "retired": 0,
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
