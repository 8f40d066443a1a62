"""Concurrent clients write down what they are told while processes die; then `history_check` judges it.

`SEED` in the environment repeats who pays whom how much and which fault comes when, though not to the millisecond.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import orjson
from rich.console import Console

from bench.stacks import Platform
from stack.layout import ROOT
from tests.drills import frame
from tests.drills.frame import Fault, Report
from tests.drills.freeze_writer import FreezeWriter
from tests.drills.history_check import Verdict, verdict
from tests.drills.history_clients import Clients
from tests.drills.kill_process import KillMongod, KillWeb
from tests.drills.kill_writer import KillWriter

NAME = "history"
HISTORIES = ROOT / ".stack" / "drills"
PEOPLE, ROUNDS = 6, 8
FAULTS: tuple[type[Fault], ...] = (KillWriter, FreezeWriter, KillWeb, KillMongod)
MORE = 100
"""So many payments are accepted after a fault before the next."""
RECOVERY_SECONDS = 90.0
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class HistoryRow:
    """What the drill showed."""

    injected: int
    seed: int
    verdict: Verdict
    name: str = NAME

    def flat(self) -> dict[str, str | float | None]:
        return {"name": self.name, "injected": self.injected, "seed": str(self.seed), **asdict(self.verdict)}


def run(count: int | None, platform: Platform, console: Console) -> Report:
    """Drill a running platform: `count` faults."""
    seed = int(os.environ.get("SEED") or random.randrange(2**32))
    console.print(f"SEED={seed}")
    chance = random.Random(seed)
    faults = [chance.choice(FAULTS)() for _ in range(count or ROUNDS)]
    with platform.api() as api:
        people = frame.people(platform, api, [f"drill-history-{number}" for number in range(PEOPLE)])
        began_at = api.summary().head
        main = {person.username: api.accounts(person.token)[0] for person in people}
        opening = {str(account["id"]): int(account["posted"]) for account in main.values()}
        clients = Clients(platform, people, {name: str(account["id"]) for name, account in main.items()}, seed)
        try:
            findings: list[str] = []
            for number, fault in enumerate(faults, 1):
                findings += _once(fault, number, platform, clients, console)
                # While the clients go on: the sums of one moment.
                findings += [
                    f"the total of {name} was {total}" for name, total in api.summary().totals.items() if total
                ]
        finally:
            clients.stop()
        journal = list(api.journal(began_at))
    found = verdict(clients.payments, clients.reads, journal, opening)
    _write(seed, {"payments": clients.payments, "reads": clients.reads, "opening": opening, "journal": journal})
    findings += found.findings()
    if not found.reads or not found.unknown or not found.rejected:
        findings.append("some kind of operation never happened: nothing was proven of it")
    return Report(HistoryRow(len(faults), seed, found), findings)


def _write(seed: int, history: Mapping[str, object]) -> None:
    """Beside the table of drills, for who wants to know what was wrong."""
    HISTORIES.mkdir(parents=True, exist_ok=True)
    (HISTORIES / f"history-{seed}.json").write_bytes(orjson.dumps(history))


def _once(fault: Fault, number: int, platform: Platform, clients: Clients, console: Console) -> list[str]:
    began = time.monotonic()
    fault.aim(platform)
    try:
        fault.inject()
        found = [] if _more(clients) else [f"fewer than {MORE} payments in {RECOVERY_SECONDS:.0f} s"]
    finally:
        fault.heal()
    found += frame.until_healthy(platform)
    console.print(f"{number}: {fault.name}, all is well after {time.monotonic() - began:.1f} s")
    return [f"{number}, {fault.name}: {line}" for line in found]


def _more(clients: Clients) -> bool:
    wanted, deadline = clients.accepted + MORE, time.monotonic() + RECOVERY_SECONDS
    while (accepted := clients.accepted) < wanted and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
    return accepted >= wanted
