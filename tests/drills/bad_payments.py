"""The payments API under bad requests; in the end the ledger must be whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymongo import MongoClient

from bench.platform import Api
from bench.stacks import DEMO_CLIENT, Platform
from tests.drills import frame, verification
from tests.drills.callers import PEOPLE, People

OF_SERVICES = ("/v1/journal", "/v1/journal/events", "/v1/ledger/summary", "/v1/ledger/stretch")


class Payments:
    """bad_requests.Target"""

    name = "bad-requests"

    def url(self, platform: Platform) -> str:
        return platform.transaction_url

    def prepare(self, platform: Platform, api: Api) -> None:
        frame.people(platform, api, PEOPLE)
        platform.command_of_auth("grant_role", PEOPLE[0], "support")

    def callers(self, platform: Platform, api: Api) -> People:
        return People(platform, api, dict.fromkeys(OF_SERVICES, DEMO_CLIENT))

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
