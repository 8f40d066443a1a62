"""The ledger's own figures, by transaction_service's API, with our service's token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from analytics_service.domain.reconciliation import Figures, Group, Moved, Totals
from analytics_service.ports import LedgerAway, Stretch
from service_kit.auth import ServiceToken
from service_kit.errors import AuthUnavailable

TIMEOUT_SECONDS = 30.0
"""A stretch is two aggregations over up to ten thousand records, on a machine that has other work."""


class LedgerApi:
    """See `ports.reconciliation.Ledger`."""

    def __init__(self, http: httpx.Client, base_url: str, token: ServiceToken) -> None:
        self._http = http
        self._base = base_url
        self._token = token

    def stretch(self, after: int, upto: int) -> Stretch:
        body = self._get("/v1/ledger/stretch", {"after": after, "limit": upto - after})
        try:
            return Stretch(figures_told(body), body["head"])
        except (KeyError, TypeError) as error:
            raise LedgerAway(f"the ledger's answer is not understood: {error!r}") from error

    def _get(self, path: str, query: Mapping[str, int]) -> Any:
        answer = self._send(path, query)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            # The keys may have been changed since.
            self._token.forget()
            answer = self._send(path, query)
        if answer.status_code != httpx.codes.OK:
            raise LedgerAway(f"the ledger answers {answer.status_code}")
        return answer.json()

    def _send(self, path: str, query: Mapping[str, int]) -> httpx.Response:
        try:
            headers = {"Authorization": f"Bearer {self._token.get()}"}
            return self._http.get(self._base + path, params=query, headers=headers, timeout=TIMEOUT_SECONDS)
        except AuthUnavailable as error:
            raise LedgerAway("auth gives us no token") from error
        except httpx.HTTPError as error:
            raise LedgerAway(f"the ledger does not answer: {type(error).__name__}") from error


def figures_told(body: Mapping[str, Any]) -> Figures:
    """The figures of an answer; raises KeyError and TypeError where it is none."""
    return Figures(
        body["records"],
        {
            Group(row["day"], row["currency"], row["type"], row["status"]): Totals(row["transfers"], row["amount"])
            for row in body["totals"]
        },
        {
            (row["currency"], row["account"]): Moved(row["entries"], row["amount"], row["balance"])
            for row in body["accounts"]
        },
    )
