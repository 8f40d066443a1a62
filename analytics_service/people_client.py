"""What the reporter asks other services, from server to server: the standing of people, and to tell them something."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

import httpx

from analytics_service.domain.job import Job
from analytics_service.ports.people import NoticeRefused, Standing
from analytics_service.use_cases.exports import title_of
from contracts.moments import rfc3339
from contracts.notices import Kind
from service_kit.errors import AuthUnavailable, Unavailable
from service_kit.service_token import ServiceToken, ask_with

NOTICES = UUID("6f0d6f1c-36c1-5a3e-8f4e-5f0b3f9d2a57")
"""Namespace of the ids by which a repeated notice is known."""
NOBODY = Standing("closed", ())
_BAD = (httpx.codes.BAD_REQUEST, httpx.codes.REQUEST_ENTITY_TOO_LARGE, httpx.codes.UNPROCESSABLE_ENTITY)


class NoticesUnavailable(Unavailable):
    """Notifications can't be reached, or don't answer as they should."""

    code = "notices_unavailable"
    title = "Notifications are not available right now"


class _Caller:
    def __init__(self, http: httpx.Client, base_url: str, token: ServiceToken, problem: type[Unavailable]) -> None:
        self._http = http
        self._base = base_url
        self._token = token
        self._problem = problem

    def __call__(self, method: str, path: str, json: Any = None) -> httpx.Response:
        """With this service's token; raises `problem`, and AuthUnavailable."""
        try:
            return ask_with(self._token, self._http, method, self._base + path, json=json)
        except httpx.HTTPError as error:
            raise self._problem(f"No answer ({type(error).__name__}).") from error

    def refused(self, answer: httpx.Response) -> Unavailable:
        """What to raise of an answer that isn't as expected."""
        return self._problem(f"It answered {answer.status_code}.")


class AuthPeople:
    """See `ports.people.People`."""

    def __init__(self, http: httpx.Client, auth_url: str, token: ServiceToken) -> None:
        self._call = _Caller(http, auth_url, token, AuthUnavailable)

    def standing(self, user_id: str) -> Standing:
        answer = self._call("GET", f"/v1/users/{user_id}/standing")
        try:
            told = answer.json()
            if answer.status_code == httpx.codes.NOT_FOUND and told["code"] == "user_not_found":
                return NOBODY
            if answer.status_code == httpx.codes.OK:
                return Standing(str(told["state"]), tuple(map(str, told["roles"])))
        except (ValueError, KeyError, TypeError) as error:
            raise AuthUnavailable("Auth's answer was not understood.") from error
        raise self._call.refused(answer)


class NoticeClient:
    """See `ports.people.Notices`."""

    def __init__(self, http: httpx.Client, notification_url: str, token: ServiceToken) -> None:
        self._call = _Caller(http, notification_url, token, NoticesUnavailable)

    def tell(self, job: Job) -> None:
        answer = self._call("POST", "/v1/notices", _notice(job))
        if answer.status_code in _BAD:
            raise NoticeRefused(answer.text[:500])
        if answer.status_code != httpx.codes.NO_CONTENT:
            raise self._call.refused(answer)


def _notice(job: Job) -> dict[str, Any]:
    report: dict[str, Any] = {"id": job.id, "name": title_of(job.order.report)}
    if job.result is not None and job.expires_at is not None:
        report |= {"rows": job.result.rows, "kept_until": rfc3339(job.expires_at)}
    return {
        "event_id": str(uuid5(NOTICES, job.id)),
        "user_id": job.user_id,
        "kind": Kind.REPORT_FAILED if job.result is None else Kind.REPORT_READY,
        "occurred_at": rfc3339(job.finished_at or job.created_at),
        "report": report,
    }
