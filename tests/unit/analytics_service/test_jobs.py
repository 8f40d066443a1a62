"""Report jobs as programs see them: ordered, watched, fetched, called off."""

from __future__ import annotations

import csv
import io

import pytest

from analytics_service.document import OPENAPI
from analytics_service.exports import FORMATS
from analytics_service.filters import OthersFigures
from analytics_service.lake.results import ResultFolder
from analytics_service.use_cases.jobs import Asker, AskForJobs
from service_kit.api_document import ApiDocument
from tests.unit.analytics_service.lakes import an_id, transfer, user
from tests.unit.analytics_service.reporters import Reporter

ORDER = {"report": "totals"}
PATHS = ApiDocument.load(OPENAPI).content["paths"]


@pytest.fixture
def api(front, lake):
    lake.put(transfer(1, None, "ann", 100_000), transfer(2, "ann", "bob", 1250), transfer(3, "bob", "ann", 300))
    lake.put(transfer(4, "ann", None, 9, reason="unknown_payee"), transfer(5, "cleo", "bob", 70_000))
    return front


@pytest.fixture
def reporter(lake):
    return Reporter(lake)


def call(api, method, path, who="ann", **options):
    headers = {"Authorization": f"Bearer {who}"} | options.pop("headers", {})
    # Buffered, so that a result's file is closed when it has been read.
    return api.open(path, method=method, headers=headers, buffered=True, **options)


def order(api, who="ann", key=None, **body):
    headers = {} if key is None else {"Idempotency-Key": key}
    return call(api, "POST", "/v1/jobs", who, json=ORDER | body, headers=headers)


def job(api, id, who="ann"):
    return call(api, "GET", f"/v1/jobs/{id}", who).json


def test_an_order_is_accepted_and_says_where_to_look(api):
    answer = order(api, filter={"currency": "EUR", "after": 1}, format="csv")
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/v1/jobs/{answer.json['id']}"
    told = job(api, answer.json["id"])
    assert (told["state"], told["queue_position"], told["result"]) == ("queued", 0, None)
    assert (told["report"], told["filter"], told["format"]) == ("totals", {"currency": "EUR", "after": "1"}, "csv")
    assert told["progress"] == {
        "files": 0, "files_done": 0, "rows": 0, "rows_done": 0, "percent": 0, "eta_seconds": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "filter"),
    [
        ("totals", {}),
        ("per_day", {"zone": "Europe/Berlin"}),
        ("outcomes", {"status": "rejected"}),
        ("accounts", {"currency": "EUR"}),
        ("totals", {"type": ["payment", "grant"], "currency": ["EUR"], "amount_min": "2"}),
        ("statement", {"account": "account-ann"}),
    ],
)
@pytest.mark.parametrize("who", ["ann", "olga"])
def test_a_result_is_what_the_report_itself_answers(api, reporter, name, filter, who):
    id = order(api, who, report=name, filter=filter).json["id"]
    reporter.work_off()
    direct = call(api, "GET", f"/v1/reports/{name}", who, query_string=filter).json
    answer = call(api, "GET", f"/v1/jobs/{id}/result", who)
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    same = ("report", "figures_of", "filter", "complete_upto", "columns", "rows")
    assert {part: answer.json[part] for part in same} == {part: direct[part] for part in same}
    told = job(api, id, who)
    assert (told["state"], told["engine"], told["progress"]["percent"]) == ("done", "pandas", 100)
    assert told["complete_upto"] == direct["complete_upto"]
    assert told["result"]["rows"] == len(direct["rows"])
    assert told["result"]["bytes"] == len(answer.data)


@pytest.mark.parametrize("who", ["ann", "olga"])
def test_transfers_are_those_of_the_export(api, reporter, who):
    id = order(api, who, report="transfers", format="csv").json["id"]
    reporter.work_off()
    answer = call(api, "GET", f"/v1/jobs/{id}/result", who)
    direct = call(api, "GET", "/v1/rows?format=csv", who)
    assert answer.data == direct.data
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=transfers-")
    assert answer.headers["Complete-Upto-Position"] == "5"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "text/csv"
    assert len(list(csv.reader(io.StringIO(answer.text)))) == job(api, id, who)["result"]["rows"] + 1
    assert job(api, id, who)["progress"]["rows"] == 5


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("report", ["per_day", "transfers"])
def test_every_format_of_exports_can_be_ordered(api, reporter, report, format):
    id = order(api, report=report, format=format).json["id"]
    reporter.work_off()
    assert job(api, id)["state"] == "done"
    answer = call(api, "GET", f"/v1/jobs/{id}/result")
    assert answer.headers["Content-Disposition"].endswith(f".{format}")
    assert answer.mimetype == FORMATS[format].media_type.partition(";")[0]
    assert len(answer.data) == job(api, id)["result"]["bytes"] > 0


def test_a_limit_is_the_reports(api, reporter):
    id = order(api, "olga", report="top_payers", limit=1).json["id"]
    reporter.work_off()
    direct = call(api, "GET", "/v1/reports/top_payers?limit=1", "olga").json
    assert call(api, "GET", f"/v1/jobs/{id}/result", "olga").json["rows"] == direct["rows"]


def test_thresholds_are_those_of_the_report(api, reporter):
    order_of = {"report": "risk_velocity", "thresholds": {"transfers": 2, "window_minutes": 1440}}
    told = order(api, "olga", key="k", **order_of).json
    assert told["thresholds"] == order_of["thresholds"]
    assert order(api, "olga", key="k", **order_of, filter={}).headers["Idempotent-Replayed"] == "true"
    assert order(api, "olga", key="k", report="risk_velocity").json["code"] == "idempotency_key_reused"
    reporter.work_off()
    direct = call(api, "GET", "/v1/reports/risk_velocity?transfers=2&window_minutes=1440", "olga").json
    assert call(api, "GET", f"/v1/jobs/{told['id']}/result", "olga").json["rows"] == direct["rows"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"thresholds": {"hops": 3}}, "#/thresholds/hops"),
        ({"report": "transfers", "thresholds": {"hops": 3}}, "#/thresholds/hops"),
        ({"thresholds": {"hops": "3"}}, "#/thresholds/hops"),
        ({"thresholds": 3}, "#/thresholds"),
        ({"report": "profits"}, "#/report"),
        ({"report": ""}, "#/report"),
        ({"report": 7}, "#/report"),
        ({"filter": {"colour": "red"}}, "#/filter/colour"),
        ({"filter": {"currency": "EURO"}}, "#/filter/currency"),
        ({"filter": {"currency": {"$ne": "EUR"}}}, "#/filter/currency"),
        ({"filter": {"$where": "1"}}, "#/filter/$where"),
        ({"filter": []}, "#/filter"),
        ({"filter": {"type": ["payment", {"$ne": 1}]}}, "#/filter/type"),
        ({"filter": {"zone": ["UTC", "UTC"]}}, "#/filter/zone"),
        ({"filter": {"from": "soon"}}, "#/filter/from"),
        ({"report": "statement"}, "#/filter/account"),
        ({"format": "docx"}, "#/format"),
        ({"limit": 5}, "#/limit"),
        ({"report": "top_payers", "limit": 101}, "#/limit"),
        ({"report": "top_payers", "limit": 0}, "#/limit"),
        ({"report": "transfers", "limit": 5}, "#/limit"),
        ({"priority": "high"}, "#/priority"),
    ],
)
def test_what_cannot_be_made_is_refused_and_its_place_named(api, body, place):
    answer = order(api, **body)
    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert [mistake["pointer"] for mistake in answer.json["errors"]] == [place] or place == "#/priority"
    assert call(api, "GET", "/v1/jobs").json["jobs"] == []


def test_nobody_orders_another_persons_figures(api):
    answer = order(api, filter={"user": user("bob")})
    assert (answer.status_code, answer.json["code"]) == (403, "others_figures")
    assert order(api, "olga", filter={"user": user("bob")}).status_code == 202


def test_a_token_and_its_scope_are_needed(api):
    assert api.post("/v1/jobs", json=ORDER).status_code == 401
    assert order(api, "reader").json["code"] == "scope_missing"
    assert order(api, "robot").status_code == 202


def test_the_same_order_with_the_same_key_is_the_same_job(api):
    first = order(api, key="october", filter={"currency": "EUR"})
    again = order(api, key="october", filter={"currency": "EUR"})
    assert again.status_code == 202
    assert again.json["id"] == first.json["id"]
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert order(api, "bob", key="october", filter={"currency": "EUR"}).json["id"] != first.json["id"]


def test_the_same_order_written_in_another_way_is_the_same_job(api):
    first = order(api, key="k-1", filter={"currency": ["EUR", "USD"], "type": "payment"})
    for filter in ({"type": ["payment"], "currency": ["USD", "EUR"]}, {"type": "payment", "currency": ["EUR", "USD"]}):
        again = order(api, key="k-1", filter=filter)
        assert (again.status_code, again.json["id"]) == (202, first.json["id"])


def test_another_order_with_the_same_key_is_refused(api):
    order(api, key="october")
    answer = order(api, key="october", format="csv")
    assert (answer.status_code, answer.json["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["with space", "with,comma", "x" * 129, "ä"])
def test_a_key_that_is_none_is_refused(api, key):
    answer = order(api, key=key)
    assert (answer.status_code, answer.json["code"]) == (400, "idempotency_key_invalid")


def test_a_person_has_so_many_waiting_and_no_more(api):
    for _ in range(20):
        assert order(api).status_code == 202
    answer = order(api)
    assert (answer.status_code, answer.json["code"]) == (429, "too_many_jobs")
    assert int(answer.headers["Retry-After"]) > 0
    assert order(api, "bob").status_code == 202


def test_a_place_in_the_queue_is_told_by_turns(api):
    ids = [order(api, who).json["id"] for who in ("ann", "ann", "bob")]
    places = [job(api, id, who)["queue_position"] for id, who in zip(ids, ("ann", "ann", "bob"), strict=True)]
    assert places == [0, 2, 1]


def test_nobody_sees_another_persons_job(api, reporter):
    id = order(api).json["id"]
    reporter.work_off()
    for method, path in (
        ("GET", ""),
        ("GET", "/result"),
        ("POST", "/cancel"),
        ("DELETE", ""),
    ):
        answer = call(api, method, f"/v1/jobs/{id}{path}", "bob")
        assert (answer.status_code, answer.json["code"]) == (404, "job_not_found")
    assert call(api, "GET", f"/v1/jobs/{an_id(9)}").status_code == 404
    assert call(api, "GET", "/v1/jobs", "bob").json["jobs"] == []


def test_an_analyst_looks_at_everybodys_jobs_and_at_nobodys_result(api, reporter):
    ids = [order(api, who).json["id"] for who in ("ann", "bob")]
    reporter.work_off()
    listed = call(api, "GET", "/v1/jobs?whose=everybody", "olga").json["jobs"]
    assert [(one["id"], one["user_id"]) for one in listed] == [(ids[1], user("bob")), (ids[0], user("ann"))]
    assert job(api, ids[0], "olga")["state"] == "done"
    assert call(api, "GET", f"/v1/jobs/{ids[0]}/result", "olga").status_code == 404
    assert call(api, "POST", f"/v1/jobs/{ids[0]}/cancel", "olga").status_code == 404
    assert call(api, "DELETE", f"/v1/jobs/{ids[0]}", "olga").status_code == 404
    assert call(api, "GET", "/v1/jobs", "olga").json["jobs"] == []
    refused = call(api, "GET", "/v1/jobs?whose=everybody")
    assert (refused.status_code, refused.json["code"]) == (403, "others_jobs")


def test_who_is_no_analyst_any_more_reads_no_figures_of_the_platform(api, reporter, lake):
    id = order(api, "olga").json["id"]
    reporter.work_off()
    jobs = AskForJobs(lake.jobs, ResultFolder.of(lake.root), 20, lambda: an_id(1))
    assert jobs.download(Asker(user("olga"), None), id)
    with pytest.raises(OthersFigures):
        jobs.download(Asker(user("olga"), user("olga")), id)


def test_jobs_are_listed_page_by_page(api):
    ids = [order(api).json["id"] for _ in range(5)]
    first = call(api, "GET", "/v1/jobs?limit=3").json
    assert [one["id"] for one in first["jobs"]] == ids[:1:-1]
    rest = call(api, "GET", f"/v1/jobs?limit=3&cursor={first['next_cursor']}").json
    assert [one["id"] for one in rest["jobs"]] == ids[1::-1]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "whose=all", "cursor=$gt", "colour=red", "limit=1&limit=2"])
def test_a_list_that_is_not_asked_for_properly_is_refused(api, query):
    assert call(api, "GET", f"/v1/jobs?{query}").status_code == 400


def test_a_result_is_not_there_before_the_job_is_done(api):
    id = order(api).json["id"]
    answer = call(api, "GET", f"/v1/jobs/{id}/result")
    assert (answer.status_code, answer.json["code"]) == (409, "job_not_done")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ({"Range": "bytes=0-7"}, 206, None),
        ({"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304, None),
        ({"Range": "bytes=100000-"}, 416, "range_not_satisfiable"),
    ],
)
def test_a_download_goes_on_where_it_ended(api, reporter, header, status, code):
    id = order(api, format="csv").json["id"]
    reporter.work_off()
    whole = call(api, "GET", f"/v1/jobs/{id}/result")
    assert whole.headers["Content-Type"] == FORMATS["csv"].media_type
    answer = call(api, "GET", f"/v1/jobs/{id}/result", headers=header)
    assert (answer.status_code, code and answer.json["code"]) == (status, code)
    assert str(status) in PATHS["/v1/jobs/{id}/result"]["get"]["responses"]
    if status == 206:
        assert answer.data == whole.data[:8]


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/schedules"])
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"data": "{", "content_type": "application/json"}, 400, "malformed_json"),
        ({"data": " " * 70_000, "content_type": "application/json"}, 413, "body_too_large"),
        ({"data": "report=totals", "content_type": "text/plain"}, 415, "unsupported_media_type"),
    ],
)
def test_a_body_that_is_none_is_refused_as_the_document_says(api, path, body, status, code):
    answer = call(api, "POST", path, **body)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert str(status) in PATHS[path]["post"]["responses"]


def test_a_result_expires(api, reporter, lake):
    id = order(api).json["id"]
    reporter.work_off()
    lake.clock.advance(8 * 86_400)
    answer = call(api, "GET", f"/v1/jobs/{id}/result")
    assert (answer.status_code, answer.json["code"]) == (410, "result_expired")
    assert job(api, id)["state"] == "expired"
    assert len(list(reporter.results.root.iterdir())) == 1
    reporter.upkeep.run_once()
    assert list(reporter.results.root.iterdir()) == []
    assert call(api, "GET", f"/v1/jobs/{id}/result").status_code == 410


def test_what_waits_can_be_called_off_again_and_again(api, reporter):
    id = order(api).json["id"]
    for _ in range(2):
        answer = call(api, "POST", f"/v1/jobs/{id}/cancel")
        assert (answer.status_code, answer.json["state"]) == (200, "cancelled")
    reporter.work_off()
    assert reporter.begun == []
    answer = call(api, "GET", f"/v1/jobs/{id}/result")
    assert (answer.status_code, answer.json["code"]) == (409, "job_has_no_result")


def test_what_is_done_cannot_be_called_off(api, reporter):
    id = order(api).json["id"]
    reporter.work_off()
    answer = call(api, "POST", f"/v1/jobs/{id}/cancel")
    assert (answer.status_code, answer.json["code"]) == (409, "job_over")


def test_an_administrator_may_call_off_anybodys(api):
    id = order(api).json["id"]
    assert call(api, "POST", f"/v1/jobs/{id}/cancel", "root").json["state"] == "cancelled"


def test_what_is_deleted_is_gone_with_its_result(api, reporter):
    id = order(api).json["id"]
    reporter.work_off()
    assert call(api, "DELETE", f"/v1/jobs/{id}").status_code == 204
    assert list(reporter.results.root.iterdir()) == []
    for path in ("", "/result"):
        assert call(api, "GET", f"/v1/jobs/{id}{path}").status_code == 404
    assert call(api, "DELETE", f"/v1/jobs/{id}").status_code == 404
