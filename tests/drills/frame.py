"""The course of every drill: people, load, the fault, its alert, recovery, the account of it all."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from rich.console import Console

from bench.joined import joined
from bench.load.book import Entry
from bench.load.job import Job, Lives, Person, Steady
from bench.load.process import LoadRun
from bench.platform import Api
from bench.stacks import Platform
from tests.drills import accounting, pipeline
from tests.drills.alerts import OF_NO_FAULT, Alert, firing, first_of, names
from tests.drills.impact import BACK, Impact, Span, impact
from tests.drills.pulse import Pulse
from tests.drills.rows import Account, Named, Row, Shown

CLIENTS = 16
PEOPLE = 16
PAUSE_SECONDS = 0.05
QUIET_SECONDS = 5
LOAD_SECONDS = 40
AFTER_SECONDS = 10
BEGINS_WITHIN_SECONDS = 90
LONGEST_SECONDS = 3_600
ALERT_LIMIT_SECONDS = 60
SILENCE_LIMIT_SECONDS = 330
"""Alerts look back by up to five minutes, so that of an earlier drill on the same stack may fire so long."""
HEALTHY_SECONDS = 60


class Fault(Protocol):
    """One thing that goes wrong.

    ``alerts``: any of these names it rightly. ``silence_limit_s``: so long may no transfer be accepted.
    """

    @property
    def name(self) -> str: ...

    @property
    def alerts(self) -> Sequence[Alert]: ...

    @property
    def silence_limit_s(self) -> float: ...

    def aim(self, platform: Platform) -> None:
        """Find out what to hit, before the clock starts."""

    def inject(self) -> None:
        """Make it happen."""

    def heal(self) -> None:
        """Undo what would not mend itself, once its alert has fired or was waited for in vain."""

    def findings(self, platform: Platform) -> list[str]:
        """What else must be true in the end, and is not: one sentence each."""


@runtime_checkable
class Measuring(Protocol):
    """A fault that measures something itself."""

    def figures(self) -> Mapping[str, float]:
        """For its row, by name."""


@runtime_checkable
class Lasting(Protocol):
    """A fault that needs more load than others before or after it."""

    load_seconds: float


@runtime_checkable
class Recovering(Protocol):
    """A fault after whose end accepting must be back at its pace in time, as `impact` tells it."""

    recovery_limit_s: float


@runtime_checkable
class Ending(Protocol):
    """A fault that is over before `heal` has returned: a kill, after which all is recovery, or what heals for long."""

    ended_at: float
    """In seconds since the epoch."""


def end_of(fault: Fault) -> float:
    """When the fault was over, asked for when `heal` has just returned; in seconds since the epoch."""
    return fault.ended_at if isinstance(fault, Ending) else time.time()


@dataclass(frozen=True)
class Report:
    """The drill's row and what was wrong, one sentence each; nothing wrong means that it passed."""

    row: Shown
    findings: list[str]


@dataclass(frozen=True)
class Stage:
    """Who takes part, and where the journal stood before anything happened."""

    people: Sequence[Person]
    payers: set[str]
    began_at: int


def run(fault: Fault, platform: Platform, console: Console) -> Report:
    """Drill ``fault`` on a running platform."""
    with platform.api() as api:
        stage = set_stage(platform, api, console)
        course = _run_under_load(fault, platform, stage.people, console)
        account = account_of(api, stage, course.book, console)
    span = course.span
    silence = accounting.longest_silence(course.book, span.began_at)
    alert = Named(course.alert, course.alert_seconds, silence, fault.silence_limit_s)
    felt = impact(course.book, [span])
    findings = [
        *account.findings(),
        *wrong_with(alert, fault),
        *wrong_with_pace(felt, fault),
        *fault.findings(platform),
    ]
    more = fault.figures() if isinstance(fault, Measuring) else {}
    return Report(Row(fault.name, account, alert, felt, more), findings)


def set_stage(platform: Platform, api: Api, console: Console) -> Stage:
    """People with accounts, on a platform on which no alert fires."""
    members = people(platform, api, [f"drill-{n:03}" for n in range(1, PEOPLE + 1)])
    payers = {account["id"] for person in members for account in api.accounts(person.token)}
    _wait_for_silence(platform, console)
    return Stage(members, payers, api.summary().head)


def account_of(api: Api, stage: Stage, book: Sequence[Entry], console: Console) -> Account:
    """Read back what came of the load, once all of it has gone through."""
    summary = api.published_to_head()
    journal = [record for record in api.journal(stage.began_at) if record.position <= summary.head]
    effects = pipeline.effects(api, journal, console)
    posted = accounting.posted_ids(journal, stage.payers)
    accepted = sum(entry.outcome == "accepted" for entry in book)
    lost = accounting.lost(book, posted)
    return Account(
        accepted=accepted,
        in_ledger=accepted - lost,
        lost=lost,
        doubled=accounting.doubled(book, posted),
        money_created=sum(abs(total) for total in summary.totals.values()),
        unpublished=max(0, summary.head - summary.published),
        undecided=sum(entry.outcome == "unsettled" for entry in book),
        faults=sum(entry.faults for entry in book),
        notifications_missing=max(0, effects.notifications_due - effects.notifications),
        notifications_doubled=max(0, effects.notifications - effects.notifications_due),
        lake_missing=effects.positions - effects.positions_in_lake,
        lake_doubled=effects.rows_in_lake - effects.positions_in_lake,
    )


@dataclass(frozen=True)
class _Course:
    """What happened, and what the senders were told."""

    span: Span
    alert: str | None
    alert_seconds: float | None
    book: list[Entry]


def _run_under_load(fault: Fault, platform: Platform, people: Sequence[Person], console: Console) -> _Course:
    seconds = fault.load_seconds if isinstance(fault, Lasting) else LOAD_SECONDS
    load = LoadRun(job(platform, people, LONGEST_SECONDS))
    try:
        pulse = Pulse(load)
        # Without it the fault would come, on a busy machine, before there is anything that it could disturb.
        if not pulse.wait_for(1, BEGINS_WITHIN_SECONDS):
            raise RuntimeError(f"nothing was accepted within {BEGINS_WITHIN_SECONDS} s of the load's start")
        load_until = time.time() + seconds
        console.print(f"{CLIENTS} clients send transfers; the fault comes after {QUIET_SECONDS} s")
        time.sleep(QUIET_SECONDS)
        fault.aim(platform)
        fault_at = time.time()
        try:
            fault.inject()
            console.print(f"the fault is there; waiting for {' or '.join(map(str, fault.alerts))}")
            alert = first_of(platform.prometheus_url, fault.alerts, within_s=ALERT_LIMIT_SECONDS)
            alert_seconds = round(time.time() - fault_at, 1) if alert else None
        finally:
            fault.heal()
        span = Span(fault_at, end_of(fault))
        console.print(f"alert: {alert or 'none'} after {alert_seconds} s; the load goes on to its end")
        time.sleep(max(0.0, load_until - time.time(), span.ended_at + AFTER_SECONDS - time.time()))
        return _Course(span, str(alert) if alert else None, alert_seconds, pulse.result().book)
    finally:
        load.stop()


def wrong_with(alert: Named, fault: Fault) -> list[str]:
    """Whether the alert and the recovery came in time."""
    found = []
    if alert.name is None:
        found.append(f"none of {', '.join(map(str, fault.alerts))} fired within {ALERT_LIMIT_SECONDS} s")
    if alert.silence_seconds is None or alert.silence_seconds > fault.silence_limit_s:
        found.append(f"nothing was accepted for {alert.silence_seconds} s, allowed are {fault.silence_limit_s:g} s")
    return found


def wrong_with_pace(felt: Impact, fault: Fault) -> list[str]:
    """Whether accepting was back at its pace in time, after a fault of which that is promised."""
    seconds = felt.recovery_seconds
    if not isinstance(fault, Recovering) or (seconds is not None and seconds <= fault.recovery_limit_s):
        return []
    then = "never" if seconds is None else f"after {seconds} s"
    return [f"accepting was back at {BACK} of its pace {then}, allowed are {fault.recovery_limit_s:g} s"]


def until_healthy(platform: Platform) -> Sequence[str]:
    """Wait until every process of ours is ready; what still is not, one sentence each."""
    deadline = time.monotonic() + HEALTHY_SECONDS
    while (trouble := platform.unhealthy()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return trouble


def people(platform: Platform, api: Api, usernames: Sequence[str]) -> list[Person]:
    """Signed up if need be, logged in, their accounts open."""
    return joined(platform, api, usernames)


def job(platform: Platform, people: Sequence[Person], seconds: float, traffic: Steady | Lives | None = None) -> Job:
    """A load that leaves the machine room for what is drilled: payments, if nothing else is said."""
    usernames = [person.username for person in people]
    return Job(
        auth_url=platform.auth_url,
        transaction_url=platform.transaction_url,
        people=list(people),
        clients=CLIENTS,
        traffic=traffic or Steady(seconds=seconds, payees=usernames, pause_seconds=PAUSE_SECONDS),
        book_path=str(platform.directory / "drill-book.jsonl"),
    )


def _wait_for_silence(platform: Platform, console: Console) -> None:
    """An alert that fires before the fault could not be told from one that names it."""
    deadline = time.monotonic() + SILENCE_LIMIT_SECONDS
    with console.status("looking which alerts fire") as status:
        while alerts := names(firing(platform.prometheus_url)) - OF_NO_FAULT:
            if time.monotonic() > deadline:
                raise RuntimeError(f"alerts fire on a healthy stack: {', '.join(sorted(alerts))}")
            status.update(f"waiting until nothing fires: {', '.join(sorted(alerts))}")
            time.sleep(2)
