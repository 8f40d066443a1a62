"""The ledger's journal by HTTP, asked with this service's own token."""

from __future__ import annotations

from typing import Any

import httpx

from analytics_service.ports.journal import JournalAwayError, JournalPage
from service_kit.auth import ServiceToken
from service_kit.errors import AuthUnavailable


class JournalApi:
    """See `ports.Journal`."""

    def __init__(self, http: httpx.Client, base_url: str, token: ServiceToken) -> None:
        """`http` brings the time-out."""
        self._http = http
        self._url = f"{base_url}/v1/journal/events"
        self._token = token

    def events(self, after: int, limit: int) -> JournalPage:
        answer = self._ask(after, limit)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._token.forget()
            answer = self._ask(after, limit)
        if answer.status_code != httpx.codes.OK:
            raise JournalAwayError(f"the ledger answers {answer.status_code} {answer.reason_phrase}")
        body = answer.json()
        return JournalPage(body["events"], body["head"])

    def _ask(self, after: int, limit: int) -> httpx.Response:
        parameters: dict[str, Any] = {"after": after, "limit": limit}
        try:
            headers = {"Authorization": f"Bearer {self._token.get()}"}
            return self._http.get(self._url, params=parameters, headers=headers)
        except AuthUnavailable as error:
            raise JournalAwayError(error.detail or "auth gives no token") from error
        except httpx.HTTPError as error:
            raise JournalAwayError(f"the ledger doesn't answer: {type(error).__name__}") from error
