"""The same fault again and again while load runs: every 2xx is in the journal once, no key has two effects."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console

from bench.load.book import Entry
from bench.load.job import Job
from bench.load.process import LoadRun
from bench.stacks import Platform
from tests.drills import accounting, frame
from tests.drills.alerts import first_of
from tests.drills.frame import Fault, Report
from tests.drills.impact import Impact, Span, impact
from tests.drills.pulse import Pulse
from tests.drills.rows import Named, Row

ROUNDS = 20
MORE = 100
"""So many transfers are accepted after a fault before it counts as over; some answers were on their way already."""
RECOVERY_SECONDS = 90


def run(fault: Fault, count: int, platform: Platform, console: Console) -> Report:
    """Drill a running platform: `count` rounds of the fault, the next when all is well again."""
    with platform.api() as api:
        stage = frame.set_stage(platform, api, console)
        course = under_load(fault, count, platform, frame.job(platform, stage.people, frame.LONGEST_SECONDS), console)
        account = frame.account_of(api, stage, course.book, console)
    findings = [*account.findings(), *course.findings, *fault.findings(platform)]
    return Report(Row(f"{fault.name}-rounds", account, course.alert, course.impact, course.figures), findings)


@dataclass(frozen=True)
class Course:
    """What happened: the book of all rounds, the alert of the first, the longest silence of any."""

    rounds: int
    book: list[Entry]
    alert: Named
    impact: Impact
    findings: list[str]

    @property
    def figures(self) -> dict[str, float]:
        """How many rounds there were, and how many keys had no decision at the first time."""
        return {"rounds": self.rounds, "asked_again": sum(entry.attempts > 1 for entry in self.book)}


def under_load(fault: Fault, count: int, platform: Platform, job: Job, console: Console) -> Course:
    """`count` rounds of the fault while the job runs, which then is ended."""
    load = LoadRun(job)
    try:
        pulse = Pulse(load)
        rounds = Rounds(fault, platform, pulse, console)
        rounds.run(count)
        book = pulse.result().book
    finally:
        load.stop()
    began_at = [span.began_at for span in rounds.spans]
    silences = [accounting.longest_silence(part, at) for at, part in by_round(began_at, book)]
    longest = None if None in silences else max(silence for silence in silences if silence is not None)
    alert = Named(rounds.alert, rounds.alert_seconds, longest, fault.silence_limit_s)
    felt = impact(book, rounds.spans)
    return Course(count, book, alert, felt, [*rounds.findings, *frame.wrong_with(alert, fault)])


class Rounds:
    """The course of the rounds, and what went wrong in them."""

    def __init__(self, fault: Fault, platform: Platform, pulse: Pulse, console: Console) -> None:
        self.spans: list[Span] = []
        self.alert: str | None = None
        self.alert_seconds: float | None = None
        self.findings: list[str] = []
        self._fault = fault
        self._platform = platform
        self._pulse = pulse
        self._console = console

    def run(self, count: int) -> None:
        """One after the other; the alert is waited for in the first, since it goes on firing through the next."""
        self._pulse.wait_for(MORE, RECOVERY_SECONDS)
        time.sleep(frame.QUIET_SECONDS)
        for number in range(1, count + 1):
            began = time.time()
            self._once(number)
            self._console.print(f"round {number} of {count}: all is well after {time.time() - began:.1f} s")
        # So that the load has an end without a fault too.
        time.sleep(frame.QUIET_SECONDS)

    def _once(self, number: int) -> None:
        self._fault.aim(self._platform)
        began_at = time.time()
        try:
            self._fault.inject()
            if number == 1:
                self._wait_for_the_alert()
            if not self._pulse.wait_for(MORE, RECOVERY_SECONDS):
                self.findings.append(f"round {number}: fewer than {MORE} transfers in {RECOVERY_SECONDS} s")
        finally:
            self._fault.heal()
        self.spans.append(Span(began_at, frame.end_of(self._fault)))
        self.findings += [f"round {number}: {line}" for line in frame.until_healthy(self._platform)]

    def _wait_for_the_alert(self) -> None:
        began = time.monotonic()
        url = self._platform.prometheus_url
        alert = first_of(url, self._fault.alerts, within_s=frame.ALERT_LIMIT_SECONDS)
        if alert:
            self.alert, self.alert_seconds = str(alert), round(time.monotonic() - began, 1)


def by_round(began_at: Sequence[float], book: Sequence[Entry]) -> list[tuple[float, list[Entry]]]:
    """Each round's beginning with what was decided until the next one's."""
    ends = [*began_at[1:], float("inf")]
    return [(at, [e for e in book if at < e.decided_at <= end]) for at, end in zip(began_at, ends, strict=True)]
