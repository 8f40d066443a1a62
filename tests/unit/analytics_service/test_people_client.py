"""What the reporter asks other services, over their answers of any kind."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from analytics_service.domain.job import JobState, Result
from analytics_service.people_client import AuthPeople, NoticeClient, NoticesUnavailable
from analytics_service.ports.people import NoticeRefused, Standing
from notification_service.document import operations as notices
from service_kit.auth import ServiceToken
from service_kit.errors import AuthUnavailable
from tests.manual_clock import ManualClock
from tests.unit.analytics_service.job_contract import new
from tests.unit.analytics_service.jobs_in_memory import JobsInMemory
from tests.unit.analytics_service.lakes import NOON, an_id


class Others:
    """Auth and notifications: gives tokens, and answers what it is told to, once each."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.http = httpx.Client(transport=httpx.MockTransport(self._answer))
        self.token = ServiceToken(self.http, "http://auth/v1/token", "analytics_service", SecretStr("x"))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 300})
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def people(*answers):
    others = Others(*answers)
    return AuthPeople(others.http, "http://auth", others.token)


def test_a_standing_is_asked_with_the_services_token():
    others = Others(httpx.Response(200, json={"state": "locked", "roles": ["user", "analyst"]}))
    told = AuthPeople(others.http, "http://auth", others.token).standing("u-1")
    assert told == Standing("locked", ("user", "analyst"))
    assert others.asked[0].url == "http://auth/v1/users/u-1/standing"
    assert others.asked[0].headers["Authorization"] == "Bearer t"


def test_who_is_nobody_has_left():
    assert people(httpx.Response(404, json={"code": "user_not_found"})).standing("u-1").state == "closed"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.ConnectError("refused"),
        httpx.Response(503),
        httpx.Response(404, text="<html>"),
        httpx.Response(404, json={"code": "not_found"}),
        httpx.Response(200, json={"state": "active"}),
        httpx.Response(200, json=[]),
    ],
)
def test_what_is_no_answer_ends_no_schedule(answer):
    with pytest.raises(AuthUnavailable):
        people(answer).standing("u-1")


def test_a_token_that_is_refused_is_fetched_again():
    assert people(httpx.Response(401), httpx.Response(200, json={"state": "active", "roles": []})).standing("u").state


def a_job(state=JobState.DONE, report="per_day"):
    store = JobsInMemory(ManualClock(NOON))
    job = store.add(replace(new(1), schedule_id=an_id(9)), 5).job
    result = Result("f.csv", 10, 31, 2103, NOON, "pandas") if state is JobState.DONE else None
    over = {"finished_at": NOON, "expires_at": NOON + timedelta(days=7), "result": result, "state": state}
    return replace(job, user_id=an_id(7), order=replace(job.order, report=report), **over)


def told(job):
    others = Others(httpx.Response(204), httpx.Response(204))
    client = NoticeClient(others.http, "http://notification", others.token)
    client.tell(job)
    client.tell(job)
    first, again = (json.loads(request.content) for request in others.asked)
    assert first == again
    assert others.asked[0].url == "http://notification/v1/notices"
    return first


@pytest.mark.parametrize("job", [a_job(), a_job(JobState.FAILED), a_job(report="transfers"), a_job(report="unknown")])
def test_a_notice_is_what_notifications_take_and_the_same_each_time(job):
    assert notices().schema("Notice").mistakes(told(job)) == []


def test_a_notice_tells_what_it_is_about():
    assert {**told(a_job()), "event_id": ""} == {
        "event_id": "",
        "user_id": an_id(7),
        "kind": "report.ready",
        "occurred_at": "2026-01-02T12:00:00.000Z",
        "report": {"id": an_id(1), "name": "Per day", "rows": 31, "kept_until": "2026-01-09T12:00:00.000Z"},
    }
    assert told(a_job(JobState.FAILED))["report"] == {"id": an_id(1), "name": "Per day"}


@pytest.mark.parametrize(
    "answer", [httpx.ReadTimeout("late"), httpx.Response(503), httpx.Response(403), httpx.Response(200)]
)
def test_what_is_not_acknowledged_is_sent_again(answer):
    others = Others(answer)
    with pytest.raises(NoticesUnavailable):
        NoticeClient(others.http, "http://notification", others.token).tell(a_job())


def test_what_is_no_notice_is_not():
    others = Others(httpx.Response(400, json={"code": "invalid_request"}))
    with pytest.raises(NoticeRefused, match="invalid_request"):
        NoticeClient(others.http, "http://notification", others.token).tell(a_job())
