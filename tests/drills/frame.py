"""The course of every drill: people, load, the fault, its alert, recovery, the account of it all."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console

from bench.load.book import Entry
from bench.load.job import Job, Person, Steady
from bench.load.people import Doors, prepare
from bench.load.process import LoadRun
from bench.platform import Api, Summary
from bench.stacks import Platform
from tests.drills import accounting
from tests.drills.alerts import firing, first_of
from tests.drills.rows import Row

CLIENTS = 16
PEOPLE = 16
PAUSE_SECONDS = 0.05
QUIET_SECONDS = 5
LOAD_SECONDS = 40
ALERT_LIMIT_SECONDS = 60
SILENCE_LIMIT_SECONDS = 200


class Fault(Protocol):
    """One thing that goes wrong.

    ``alerts``: any of these names it rightly. ``recovery_limit_s``: transfers must be accepted again by then.
    """

    name: str
    alerts: Sequence[str]
    recovery_limit_s: float

    def aim(self, platform: Platform) -> None:
        """Find out what to hit, before the clock starts."""

    def inject(self) -> None:
        """Make it happen."""

    def heal(self) -> None:
        """Undo what would not mend itself, once its alert has fired or was waited for in vain."""

    def findings(self, platform: Platform) -> list[str]:
        """What else must be true in the end, and is not: one sentence each."""


@dataclass(frozen=True)
class Report:
    """The drill's row and what was wrong, one sentence each; nothing wrong means that it passed."""

    row: Row
    findings: list[str]


def run(fault: Fault, platform: Platform, console: Console) -> Report:
    """Drill ``fault`` on a running platform."""
    with platform.api() as api:
        people = _people(platform, api)
        payers = {account["id"] for person in people for account in api.accounts(person.token)}
        _wait_for_silence(platform, console)
        began_at = api.summary().head
        course = _run_under_load(fault, platform, people, console)
        summary = api.published_to_head()
        posted = accounting.posted_ids(api.journal(began_at), payers)
    row = Row(
        name=fault.name,
        accepted=sum(entry.outcome == "accepted" for entry in course.book),
        lost=accounting.lost(course.book, posted),
        doubled=accounting.doubled(course.book, posted),
        money_created=sum(abs(total) for total in summary.totals.values()),
        alert=course.alert,
        alert_seconds=course.alert_seconds,
        recovery_seconds=accounting.recovery_seconds(course.book, course.fault_at),
    )
    findings = [*_wrong_with(row, fault), *_unpublished(summary), *_unsettled(course.book), *fault.findings(platform)]
    return Report(row, findings)


@dataclass(frozen=True)
class _Course:
    """What happened: `fault_at` in seconds since the epoch, and what the senders were told."""

    fault_at: float
    alert: str | None
    alert_seconds: float | None
    book: list[Entry]


def _run_under_load(fault: Fault, platform: Platform, people: Sequence[Person], console: Console) -> _Course:
    load = LoadRun(_job(platform, people))
    try:
        console.print(f"{CLIENTS} clients send transfers; the fault comes after {QUIET_SECONDS} s")
        time.sleep(QUIET_SECONDS)
        fault.aim(platform)
        fault_at = time.time()
        try:
            fault.inject()
            console.print(f"the fault is there; waiting for {' or '.join(fault.alerts)}")
            alert = first_of(platform.prometheus_url, fault.alerts, within_s=ALERT_LIMIT_SECONDS)
            alert_seconds = round(time.time() - fault_at, 1) if alert else None
        finally:
            fault.heal()
        console.print(f"alert: {alert or 'none'} after {alert_seconds} s; the load goes on to its end")
        return _Course(fault_at, alert, alert_seconds, load.result().book)
    finally:
        load.stop()


def _wrong_with(row: Row, fault: Fault) -> list[str]:
    found = [
        f"{count} {what}"
        for count, what in (
            (row.lost, "accepted transfers are lost"),
            (row.doubled, "transfers are doubled"),
            (row.money_created, "minor units were created"),
        )
        if count
    ]
    if row.alert is None:
        found.append(f"none of {', '.join(fault.alerts)} fired within {ALERT_LIMIT_SECONDS} s")
    if row.recovery_seconds is None or row.recovery_seconds > fault.recovery_limit_s:
        found.append(f"recovery took {row.recovery_seconds} s, allowed are {fault.recovery_limit_s:g} s")
    return found


def _unpublished(summary: Summary) -> list[str]:
    behind = summary.head - summary.published
    return [f"the relay is {behind} positions behind"] if behind > 0 else []


def _unsettled(book: Sequence[Entry]) -> list[str]:
    open_keys = sum(entry.outcome == "unsettled" for entry in book)
    faults = sum(entry.faults for entry in book)
    return [f"{n} {what}" for n, what in ((open_keys, "keys stayed undecided"), (faults, "answers were 500")) if n]


def _people(platform: Platform, api: Api) -> list[Person]:
    people = [Person(username=f"drill-{n:03}", password=platform.demo_password) for n in range(1, PEOPLE + 1)]
    doors = Doors(platform.auth_url, platform.transaction_url, "demo", api.service_token())
    return asyncio.run(prepare(people, doors))


def _job(platform: Platform, people: Sequence[Person]) -> Job:
    return Job(
        auth_url=platform.auth_url,
        transaction_url=platform.transaction_url,
        people=list(people),
        clients=CLIENTS,
        traffic=Steady(
            seconds=LOAD_SECONDS, payees=[person.username for person in people], pause_seconds=PAUSE_SECONDS
        ),
        book_path=str(platform.directory / "drill-book.jsonl"),
    )


def _wait_for_silence(platform: Platform, console: Console) -> None:
    """An alert that fires before the fault could not be told from one that names it."""
    deadline = time.monotonic() + SILENCE_LIMIT_SECONDS
    with console.status("looking which alerts fire") as status:
        while alerts := firing(platform.prometheus_url):
            if time.monotonic() > deadline:
                raise RuntimeError(f"alerts fire on a healthy stack: {', '.join(sorted(alerts))}")
            status.update(f"waiting until nothing fires: {', '.join(sorted(alerts))}")
            time.sleep(2)
