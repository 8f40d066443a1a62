"""The payments API under bad requests; in the end the ledger must be whole."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import schemathesis
from pymongo import MongoClient

from bench.platform import Api
from bench.stacks import Platform
from tests.drills import frame, verification
from tests.drills.bad_requests import WITHOUT_A_TOKEN

PEOPLE = ("drill-bad-1", "drill-bad-2")
TOKEN_SECONDS = 200
OF_SERVICES = ("/v1/journal", "/v1/journal/events", "/v1/ledger/summary", "/v1/ledger/stretch")


class People:
    """Two people of the demo's origin, whose limits are wide, one of them a member of staff; their tokens renewed."""

    def __init__(self, platform: Platform, api: Api) -> None:
        self._password = platform.demo_password
        self._api = api
        self._renewed = float("-inf")
        self._tokens: list[str] = []
        self._service = ""

    def headers(self, path: str, chance: random.Random) -> dict[str, str]:
        """The header of one of them; one in twenty has a token that is none."""
        if time.monotonic() - self._renewed > TOKEN_SECONDS:
            self._tokens = [self._api.log_in(name, self._password) for name in PEOPLE]
            self._service = self._api.service_token()
            self._renewed = time.monotonic()
        token = self._service if path in OF_SERVICES else chance.choice(self._tokens)
        return {"Authorization": f"Bearer {token[:-9] if chance.random() < WITHOUT_A_TOKEN else token}"}

    def told(self, answer: schemathesis.Response) -> None:
        """Nothing that is answered here ends a token."""


class Payments:
    """bad_requests.Target"""

    name = "bad-requests"

    def url(self, platform: Platform) -> str:
        return platform.transaction_url

    def prepare(self, platform: Platform, api: Api) -> None:
        frame.people(platform, api, PEOPLE)
        platform.command_of_auth("grant_role", PEOPLE[0], "support")

    def callers(self, platform: Platform, api: Api) -> People:
        return People(platform, api)

    def known(self, platform: Platform) -> dict[str, list[str]]:
        return {"payee": list(PEOPLE), "username": list(PEOPLE), "currency": ["EUR"]}

    def learned(self, told: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if isinstance(told.get("id"), str):
            yield "transfer_id", told["id"]
        account = told.get("account")
        if isinstance(account, dict) and isinstance(account.get("id"), str):
            yield "account_id", account["id"]

    def figures(self, platform: Platform, api: Api) -> dict[str, int]:
        return {
            "entries_without_a_transfer": _entries_without_a_transfer(platform),
            "money_created": sum(abs(total) for total in api.summary().totals.values()),
        }

    def findings(self, platform: Platform) -> list[str]:
        return verification.broken(platform)


def _entries_without_a_transfer(platform: Platform) -> int:
    with MongoClient[dict[str, Any]](platform.mongo_admin_url) as client:
        journal = client["ledger"]["journal"]
        return journal.count_documents({"entries.0": {"$exists": True}, "body.payees": {"$exists": False}})
