"""Transfers a second on a journal of 10 million entries, against the same ledger's on an empty one."""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
from pymongo import MongoClient
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn

from bench import field as fields
from bench.claims import Claim, Round, claim_from
from bench.field import CLIENTS, STOP_SECONDS, Contender, Field, field, only_the_hot_path
from bench.filling import fill
from bench.platform import Summary
from bench.stacks import Platform
from stack.supervision import Supervisor
from transaction_service.storage.collections import LEASE_ID, Collections

LEDGERS = ("transaction-ledger-1", "transaction-ledger-2")
NAMES = ("journal", "accounts", "transfers", "paid", "control")
READY_SECONDS = 30
GOAL = 0.9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run, and how much is in the journal; filling it takes most of the time."""
    fields.add_arguments(parser)
    parser.add_argument("--entries", type=int, default=10_000_000, help="entries of the full journal, two a transfer")


def run(options: argparse.Namespace) -> list[Claim]:
    """Fill, measure and judge."""
    console = Console()
    rounds = []
    with field(options, console) as both, only_the_hot_path(both.platform), _ledgers(both.platform) as ledgers:
        ledgers.have_both(console, options.entries)
        ours = replace(both.ours, summary=ledgers.summary)
        for number in range(options.rounds):
            rates = {}
            for full in (True, False) if number % 2 == 0 else (False, True):
                ledgers.turn_to(full=full)
                rates[full] = _round(both, ours, number, full=full)
            rounds.append(Round(rates[True], rates[False]))
    name = f"transfers/s, {CLIENTS} clients, with {options.entries:,} entries in the journal"
    against = "the same ledger with an empty journal"
    return [claim_from(rounds, claim=name, unit="transfers/s", goal=GOAL, against=against)]


def _round(both: Field, ours: Contender, number: int, *, full: bool) -> float:
    return both.round(ours, "full" if full else "empty", number).rate


class _Ledgers:
    """Two ledgers of the same people in one database, one of them under the names that the service reads.

    They change places by renaming, while no writer is there; so both are measured in turn, by the same processes.
    """

    def __init__(self, platform: Platform, client: MongoClient[dict[str, Any]], url: str) -> None:
        self._platform = platform
        self._supervisor = Supervisor(platform.stack.layout)
        self._collections = Collections(client)
        self._database = self._collections.database
        self._url = url

    def have_both(self, console: Console, entries: int) -> None:
        """Park a copy of the ledger as it is and fill the other, unless an earlier run has."""
        if f"parked_{NAMES[0]}" in self._database.list_collection_names():
            return
        columns = (*Progress.get_default_columns(), TimeElapsedColumn())
        with self._without_writer(), Progress(*columns, console=console) as bar:
            for name in NAMES:
                self._have(name)
                self._database[name].aggregate([{"$out": f"copied_{name}"}])
                self._have(f"copied_{name}")
            task = bar.add_task(f"{entries:,} entries are written", total=entries // 2)
            fill(self._url, entries // 2, lambda written: bar.update(task, completed=written))
            # Only now, so that a filling that was interrupted is begun anew.
            for name in NAMES:
                self._database[f"copied_{name}"].rename(f"parked_{name}")
            # What is measured then isn't to wait for the filling's own checkpoint.
            self._database.client.admin.command("fsync")

    def turn_to(self, *, full: bool) -> None:
        """Let the service have the full one, or the other, and start its writer anew."""
        with self._without_writer():
            live, parked = (self._database[name].estimated_document_count() for name in ("journal", "parked_journal"))
            if (live > parked) != full:
                for name in NAMES:
                    self._database[name].rename(f"leaving_{name}")
                    self._database[f"parked_{name}"].rename(name)
                    self._database[f"leaving_{name}"].rename(f"parked_{name}")
                self._collections.set_up()

    def summary(self) -> Summary:
        """As the service's own, but without counting millions of documents before each round."""
        control = self._collections.control.find_one({"_id": LEASE_ID})
        sums = self._collections.accounts.aggregate([{"$group": {"_id": "$currency", "sum": {"$sum": "$posted"}}}])
        assert control is not None, "the ledger is not set up"  # noqa: S101
        return Summary(posted=control["head"], rejected=0, totals={row["_id"]: row["sum"] for row in sums})

    def _have(self, name: str) -> None:
        if name not in self._database.list_collection_names():
            self._database.create_collection(name)

    @contextmanager
    def _without_writer(self) -> Iterator[None]:
        for name in LEDGERS:
            self._supervisor.stop_process(name)
        self._supervisor.wait_until_stopped(LEDGERS, STOP_SECONDS)
        yield
        for name in LEDGERS:
            self._supervisor.start_process(name)
        deadline = time.monotonic() + READY_SECONDS
        while httpx.get(f"{self._platform.transaction_url}/readyz", timeout=5).status_code != 200:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the ledger was not ready within {READY_SECONDS} s")
            time.sleep(0.2)


@contextmanager
def _ledgers(platform: Platform) -> Iterator[_Ledgers]:
    url = platform.ledger_admin_url
    with MongoClient[dict[str, Any]](url, tz_aware=True) as client:
        yield _Ledgers(platform, client, url)
