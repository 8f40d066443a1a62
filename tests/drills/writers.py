"""Which of two processes holds the lease now, as their own metrics say: which ledger writes, which relay publishes."""

import time
from collections.abc import Sequence

import httpx

from bench.stacks import Platform
from tests.drills.metrics import total

LEDGERS = ("transaction-ledger-1", "transaction-ledger-2")
RELAYS = ("transaction-relay-1", "transaction-relay-2")


class NotOneError(RuntimeError):
    """None of two does what one at a time must do, or both."""


def the_writer(platform: Platform, *, within_s: float = 30) -> str:
    """The name of the process that writes; NotOneError when none or both say so for so long."""
    return _the_one(platform, LEDGERS, "ledger_is_writer", within_s)


def the_publisher(platform: Platform, *, within_s: float = 30) -> str:
    """The name of the process that publishes; NotOneError when none or both say so for so long."""
    return _the_one(platform, RELAYS, "relay_is_publisher", within_s)


def _the_one(platform: Platform, names: Sequence[str], metric: str, within_s: float) -> str:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        holders = [name for name in names if _says_one(platform, name, metric)]
        if len(holders) == 1:
            return holders[0]
        time.sleep(0.2)
    raise NotOneError(f"one of {', '.join(names)} should say {metric} 1; these do: {holders}")


def _says_one(platform: Platform, name: str, metric: str) -> bool:
    """False too when the process does not answer."""
    try:
        return total(platform, name, metric) == 1
    except httpx.HTTPError:
        return False
