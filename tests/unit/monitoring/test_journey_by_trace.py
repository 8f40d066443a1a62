"""A transfer found by its trace, by those who may see the transfer."""

from __future__ import annotations

import httpx
import pytest

from monitoring.asking import SourceAway
from monitoring.journey.traces import Traces
from tests.unit.monitoring.watchers import Watched, an_id

TRACE, OTHER = "0af7651916cd43dd8448eb211c80319c", "f" * 32
TRANSFER = an_id(7)


@pytest.fixture
def watched() -> Watched:
    made = Watched()
    made.traces.positions[TRACE] = 7
    return made


@pytest.fixture
def browser(watched):
    return watched.browser()


def ask(watched: Watched, who: str = "ann", trace: str = TRACE):
    bearer = {"Authorization": f"Bearer {who}"}
    return watched.app.test_client().get("/v1/journeys", query_string={"trace_id": trace}, headers=bearer)


@pytest.mark.parametrize(("who", "sees"), [("ann", 200), ("eve", 404), ("eve@support", 200), ("other?", 403)])
def test_it_is_shown_to_whom_the_transfer_is_shown(watched, who, sees):
    answer = ask(watched, who)
    assert answer.status_code == sees
    assert (TRANSFER in answer.text) == (sees == 200)


def test_a_trace_that_was_not_kept_or_is_about_no_transfer_is_not_found(watched):
    assert ask(watched, trace=OTHER).status_code == 404
    watched.traces.positions[OTHER] = 99
    assert ask(watched, trace=OTHER).status_code == 404


@pytest.mark.parametrize("trace", ["", "7", TRANSFER, TRACE + "0", "0" * 32])
def test_what_is_no_trace_s_id_is_refused(watched, trace):
    assert (ask(watched, trace=trace).status_code, ask(watched, trace=trace).json["code"]) == (400, "invalid_request")


def test_with_zipkin_away_it_says_so(watched, browser):
    watched.traces.away = True
    assert (ask(watched).status_code, ask(watched).json["code"]) == (503, "store_unavailable")
    assert "Zipkin could not be asked: no answer in time." in browser.get(f"/journey/{TRACE}").text


def test_the_form_takes_it_and_the_page_leads_to_the_transfer(browser):
    answer = browser.get("/journey", query_string={"transfer_id": TRACE.upper()})
    assert answer.headers["Location"] == f"/journey/{TRACE}"
    assert browser.get(f"/journey/{TRACE}").headers["Location"] == f"/journey/{TRANSFER}"
    assert browser.get(f"/journey/{OTHER}").status_code == 404


def zipkin(status: int, body: object) -> Traces:
    def answer(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == f"http://zipkin:9411/api/v2/trace/{TRACE}"
        return httpx.Response(status, json=body)

    http = httpx.Client(transport=httpx.MockTransport(answer))
    return Traces(http, "http://zipkin:9411/api/v2/spans")


def test_the_relay_s_span_names_the_position_and_the_first_counts():
    spans = [{"name": "post"}, {"tags": {"ledger.position": "12"}}, {"tags": {"ledger.position": "9"}}]
    assert zipkin(200, spans).position(TRACE) == 9
    assert zipkin(200, [{"tags": {}}]).position(TRACE) is None
    assert zipkin(404, {}).position(TRACE) is None


@pytest.mark.parametrize(("status", "body"), [(500, {}), (200, {"a": 1}), (200, [{"tags": {"ledger.position": "x"}}])])
def test_an_answer_that_is_none_is_an_outage(status, body):
    with pytest.raises(SourceAway):
        zipkin(status, body).position(TRACE)
