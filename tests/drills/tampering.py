"""What somebody may edit by hand in the ledger's database. Each is put back at the end of the block."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from pymongo import MongoClient

from bench.stacks import Platform

Record = dict[str, Any]
Edit = Callable[[Record], None]


@contextmanager
def money_from_nowhere(platform: Platform, account: str, amount: int) -> Iterator[None]:
    """The account has that much more, without any entry in the journal."""
    with MongoClient[Record](platform.mongo_admin_url) as client:
        accounts = client["ledger"].accounts
        accounts.update_one({"_id": account}, {"$inc": {"posted": amount}})
        try:
            yield
        finally:
            accounts.update_one({"_id": account}, {"$inc": {"posted": -amount}})


@contextmanager
def edited(platform: Platform, chosen: dict[str, Any], edit: Edit) -> Iterator[None]:
    """The journal's record that was `chosen` is another one."""
    with MongoClient[Record](platform.mongo_admin_url) as client:
        journal = client["ledger"].journal
        record = journal.find_one(chosen)
        assert record is not None
        other = deepcopy(record)
        edit(other)
        journal.replace_one({"_id": record["_id"]}, other)
        try:
            yield
        finally:
            journal.replace_one({"_id": record["_id"]}, record)


def amount_of(account: str) -> Edit:
    """The entry on this account is one minor unit larger."""

    def edit(record: Record) -> None:
        (entry,) = (entry for entry in record["entries"] if entry["account"] == account)
        entry["amount"] += 1

    return edit


def entry_of(account: str) -> Edit:
    """The entry on this account is gone."""

    def edit(record: Record) -> None:
        record["entries"] = [entry for entry in record["entries"] if entry["account"] != account]

    return edit
