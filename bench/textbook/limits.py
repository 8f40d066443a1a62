"""The platform's limits the usual way: counters that are raised in the transfer's own transaction, and looked at then.

Amounts are in minor units. Those of the day and the minute stand in the payer's account, which is written anyway; what
a payer sent to one payee is a document of its own. A transfer that goes beyond a limit is undone with its transaction.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

PER_TRANSFER, PER_DAY, PER_PAYEE, NEW_PAYEE, PER_MINUTE = 100_000_000, 10**10, 10**10, 10**10, 1_000_000
"""What the platform lets people send whose origin is a benchmark; the last one is a number of transfers."""
NEW_FOR = timedelta(hours=24)


def take(amount: int, at: datetime) -> list[dict[str, Any]]:
    """The update of the payer's account: its balance and its counters."""
    counted = {
        "balance": {"$subtract": ["$balance", amount]},
        "spent": {"$add": [amount, {"$cond": [{"$eq": ["$day", _day(at)]}, "$spent", 0]}]},
        "sent": {"$add": [1, {"$cond": [{"$eq": ["$minute", _minute(at)]}, "$sent", 0]}]},
        "day": _day(at),
        "minute": _minute(at),
    }
    return [{"$set": counted}]


def pay(amount: int, at: datetime) -> list[dict[str, Any]]:
    """The update of what this payer has sent to this payee."""
    counted = {
        "first_at": {"$ifNull": ["$first_at", at]},
        "spent": {"$add": [amount, {"$cond": [{"$eq": ["$day", _day(at)]}, "$spent", 0]}]},
        "total": {"$add": [amount, {"$ifNull": ["$total", 0]}]},
        "day": _day(at),
    }
    return [{"$set": counted}]


def exceeded(amount: int, account: Mapping[str, Any], paid: Mapping[str, Any], at: datetime) -> bool:
    """Whether the counters, this transfer included, are beyond what is allowed."""
    is_new = at - paid["first_at"] < NEW_FOR
    return (
        amount > PER_TRANSFER
        or account["spent"] > PER_DAY
        or account["sent"] > PER_MINUTE
        or paid["spent"] > PER_PAYEE
        or (is_new and paid["total"] > NEW_PAYEE)
    )


def _day(at: datetime) -> str:
    return at.strftime("%Y-%m-%d")


def _minute(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M")
