"""The ledger's journal by HTTP, asked with this service's own token."""

from __future__ import annotations

from typing import Any

import httpx

from analytics_service.ports.journal import JournalAwayError, JournalPage
from service_kit.auth import ServiceToken
from service_kit.errors import AuthUnavailable
from service_kit.service_token import ask_with


class JournalApi:
    """See `ports.Journal`."""

    def __init__(self, http: httpx.Client, base_url: str, token: ServiceToken) -> None:
        """`http` brings the time-out."""
        self._http = http
        self._url = f"{base_url}/v1/journal/events"
        self._token = token

    def events(self, after: int, limit: int) -> JournalPage:
        parameters: dict[str, Any] = {"after": after, "limit": limit}
        try:
            answer = ask_with(self._token, self._http, "GET", self._url, params=parameters)
        except AuthUnavailable as error:
            raise JournalAwayError(error.detail or "auth gives no token") from error
        except httpx.HTTPError as error:
            raise JournalAwayError(f"the ledger doesn't answer: {type(error).__name__}") from error
        if answer.status_code != httpx.codes.OK:
            raise JournalAwayError(f"the ledger answers {answer.status_code} {answer.reason_phrase}")
        try:
            body = answer.json()
            return JournalPage(body["events"], body["head"])
        except (ValueError, KeyError, TypeError) as error:
            raise JournalAwayError(f"the ledger's answer is not understood: {error!r}") from error
