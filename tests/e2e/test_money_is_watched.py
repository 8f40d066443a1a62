"""What somebody edits by hand in MongoDB is seen, named by its account, and forgotten once it is put back."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bench.platform import Api
from bench.stacks import Platform
from tests.drills.tampering import Edit, amount_of, edited, entry_of, money_from_nowhere
from tests.e2e.api_client import Client
from tests.waiting import TIMEOUT_SECONDS, eventually

CREATED = 12_345
SEEN_SECONDS = 30
TOLD_SECONDS = 60


@pytest.mark.timeout(240)
def test_a_balance_edited_by_hand_is_seen_and_named(
    platform: Platform, member: Callable[[], Client], admin: Client, operator: Api
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
    eventually(
        lambda: "LedgerMoneyCreated" in incidents_over(operator), what="an incident", within_seconds=TOLD_SECONDS
    )


@pytest.mark.timeout(240)
@pytest.mark.parametrize("edit_of", [amount_of, entry_of])
def test_a_record_edited_by_hand_is_seen_and_its_account_named(
    edit_of: Callable[[str], Edit], platform: Platform, member: Callable[[], Client]
) -> None:
    payer, payee = member(), member()
    transfer = payer.send(payee.username, 500).json()
    (account,) = payee.accounts()

    def named() -> bool:
        return ("LedgerBreach", account["id"]) in {
            (alert["labels"]["alertname"], alert["labels"].get("account")) for alert in firing(platform)
        }

    with edited(platform, {"_id": transfer["position"]}, edit_of(account["id"])):
        eventually(named, what="an alert names the payee's account", within_seconds=TOLD_SECONDS)
    eventually(lambda: not named(), what="the alert resolves", within_seconds=TOLD_SECONDS)


def incidents_over(operator: Api) -> set[str]:
    """What the status page says has fired and does no longer; none while Prometheus is too slow to say."""
    return {incident["name"] for incident in operator.verdict()["incidents"] or () if incident["until"]}


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
