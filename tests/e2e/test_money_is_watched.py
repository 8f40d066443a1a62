"""A balance that somebody edits by hand in MongoDB is seen, told to the operators by its account, and forgotten."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from bench.stacks import Platform
from tests.e2e.api_client import Client
from tests.waiting import TIMEOUT_SECONDS, eventually

CREATED = 12_345
SEEN_SECONDS = 30
TOLD_SECONDS = 60


@contextmanager
def money_from_nowhere(platform: Platform, account: str, amount: int) -> Iterator[None]:
    """The account has that much more, without any entry in the journal; inside the block only."""
    with MongoClient[dict[str, Any]](platform.mongo_admin_url) as client:
        accounts = client["ledger"].accounts
        accounts.update_one({"_id": account}, {"$inc": {"posted": amount}})
        try:
            yield
        finally:
            accounts.update_one({"_id": account}, {"$inc": {"posted": -amount}})


@pytest.mark.timeout(240)
def test_a_balance_edited_by_hand_is_seen_and_named(
    platform: Platform, member: Callable[[], Client], admin: Client
) -> None:
    (account,) = member().accounts()
    eventually(lambda: money_created(platform) == 0, what="the audit finds nothing before", within_seconds=SEEN_SECONDS)

    with money_from_nowhere(platform, account["id"], CREATED):
        eventually(lambda: money_created(platform) == CREATED, what="the money is seen", within_seconds=SEEN_SECONDS)
        eventually(
            lambda: account["id"] in str(firing(platform)),
            what="an alert names the account",
            within_seconds=TOLD_SECONDS,
        )
        eventually(
            lambda: account["id"] in str(admin.inbox(limit=100)),
            what="the operators are told of the account",
            within_seconds=TOLD_SECONDS,
        )

    eventually(lambda: money_created(platform) == 0, what="the money is gone again", within_seconds=SEEN_SECONDS)
    eventually(
        lambda: account["id"] not in str(firing(platform)), what="the alert resolves", within_seconds=TOLD_SECONDS
    )


def money_created(platform: Platform) -> float | None:
    """As Prometheus has it; None before the first audit."""
    query = {"query": 'ledger_money_created_minor_units{currency="EUR"}'}
    answer = (
        httpx.get(f"{platform.prometheus_url}/api/v1/query", params=query, timeout=TIMEOUT_SECONDS)
        .raise_for_status()
        .json()
    )
    return next((float(series["value"][1]) for series in answer["data"]["result"]), None)


def firing(platform: Platform) -> list[dict[str, Any]]:
    """The alerts that fire, with labels and annotations."""
    alerts = (
        httpx.get(f"{platform.prometheus_url}/api/v1/alerts", timeout=TIMEOUT_SECONDS)
        .raise_for_status()
        .json()["data"]["alerts"]
    )
    return [alert for alert in alerts if alert["state"] == "firing"]
