"""The ledger's own figures, by transaction_service's API, with our service's token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from analytics_service.domain.reconciliation import Figures, Group, Moved, Totals
from analytics_service.ports import LedgerAway, Stretch
from service_kit.auth import ServiceToken
from service_kit.errors import AuthUnavailable
from service_kit.service_token import ask_with

TIMEOUT_SECONDS = 30.0
"""A stretch is two aggregations over up to ten thousand records, on a machine that has other work."""


class LedgerApi:
    """See `ports.reconciliation.Ledger`."""

    def __init__(self, http: httpx.Client, base_url: str, token: ServiceToken) -> None:
        self._http = http
        self._url = f"{base_url}/v1/ledger/stretch"
        self._token = token

    def stretch(self, after: int, upto: int) -> Stretch:
        query = {"after": after, "limit": upto - after}
        try:
            answer = ask_with(self._token, self._http, "GET", self._url, params=query, timeout=TIMEOUT_SECONDS)
        except AuthUnavailable as error:
            raise LedgerAway("auth gives us no token") from error
        except httpx.HTTPError as error:
            raise LedgerAway(f"the ledger does not answer: {type(error).__name__}") from error
        if answer.status_code != httpx.codes.OK:
            raise LedgerAway(f"the ledger answers {answer.status_code}")
        try:
            body = answer.json()
            return Stretch(figures_told(body), body["head"])
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerAway(f"the ledger's answer is not understood: {error!r}") from error


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
