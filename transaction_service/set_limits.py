"""Set what users may send: `python -m transaction_service.set_limits ann bob --currency EUR --per-day 20000.00
--reason "house purchase" --by sue`.

It replaces what was set for them before; what isn't named follows their role again, and `--as-role` alone takes all of
it back. Nobody is ever without limits. The change is a command of the ledger: it stands in the journal with who, when
and why, and as the event `account.limits_changed`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from uuid_utils import uuid7

from contracts.money import InvalidAmount, Money, currencies
from service_kit import mongo
from transaction_service.domain import Account, ChangeLimits, Command, Outcome
from transaction_service.ledger_client import LedgerClient, LedgerUnavailable
from transaction_service.protocol import Reply
from transaction_service.settings import LimitSettings
from transaction_service.storage.collections import Collections
from transaction_service.storage.main_accounts import MongoMainAccounts
from transaction_service.use_cases.payment import fingerprint

AMOUNTS = ("per_transfer", "per_day", "per_payee", "new_payee")
COUNTS = ("per_minute",)


class MainAccounts(Protocol):
    """Who has which main account."""

    def main_account(self, username: str, currency: str) -> Account | None: ...


class Door(Protocol):
    """The way to the writer."""

    def ask(self, command: Command) -> Reply: ...


@dataclass(frozen=True)
class Change:
    """What is asked for: `limits` in minor units, `per_minute` a number."""

    usernames: Sequence[str]
    currency: str
    limits: Mapping[str, int]
    by: str
    reason: str


def set_limits(change: Change, accounts: MainAccounts, ledger: Door, new_id: Callable[[], str]) -> dict[str, str]:
    """Set them for each user; what came of it by username: the journal's position, or why not."""
    return {name: _set(name, change, accounts, ledger, new_id) for name in change.usernames}


def _set(username: str, change: Change, accounts: MainAccounts, ledger: Door, new_id: Callable[[], str]) -> str:
    account = accounts.main_account(username, change.currency)
    if account is None:
        return f"has no account in {change.currency}"
    id = new_id()
    command = ChangeLimits(
        id=id,
        key=f"limits/{id}",
        fingerprint=fingerprint(account.id, dict(change.limits), change.by, change.reason),
        account=account.id,
        limits=change.limits,
        actor=change.by,
        reason=change.reason,
    )
    try:
        reply = ledger.ask(command)
    except LedgerUnavailable as error:
        return f"is not known to have been changed ({error}); look at the journal before you repeat it"
    if reply.status != Outcome.LIMITS_CHANGED:
        return f"was not changed: {reply.status}"
    return f"changed at position {orjson.loads(reply.body)['position']}"


def parsed(arguments: Sequence[str]) -> Change:
    """Read the command line; exits with 2 and a line that says what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m transaction_service.set_limits", description=__doc__)
    parser.add_argument("usernames", nargs="+", metavar="USERNAME")
    parser.add_argument("--currency", required=True, choices=sorted(currencies()), metavar="EUR")
    for name in AMOUNTS:
        parser.add_argument(_option(name), metavar="20000.00", help="in the currency's main unit")
    for name in COUNTS:
        parser.add_argument(_option(name), type=int, metavar="60", help="a number of transfers")
    parser.add_argument("--as-role", action="store_true", help="take back what was set: the role's limits hold again")
    parser.add_argument("--reason", required=True)
    parser.add_argument("--by", required=True, metavar="NAME", help="who decided it")
    options = parser.parse_args(arguments)
    try:
        limits = {name: Money.parse(text, options.currency).amount for name, text in _given(options, AMOUNTS).items()}
    except InvalidAmount as error:
        parser.error(str(error))
    limits |= _given(options, COUNTS)
    if bool(limits) == options.as_role:
        parser.error("say which limits to set, or --as-role")
    if min(limits.values(), default=1) < 1:
        parser.error("a limit is more than zero: freeze an account that is to send nothing")
    return Change(options.usernames, options.currency, limits, options.by, options.reason)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _given(options: argparse.Namespace, names: Sequence[str]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def main(arguments: list[str]) -> int:
    """The command: see the module's docstring. 1 where somebody's limits were not changed."""
    change = parsed(arguments)
    settings = LimitSettings.from_env()
    collections = Collections(mongo.connect(settings.mongo_url.get_secret_value(), "transaction-set-limits"))
    ledger = LedgerClient(settings.endpoints, settings.curve)
    results = set_limits(change, MongoMainAccounts(collections), ledger, lambda: str(uuid7()))
    ledger.close()
    for username, result in results.items():
        sys.stdout.write(f"{username} {result}\n")
    return 0 if all(result.startswith("changed") for result in results.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
