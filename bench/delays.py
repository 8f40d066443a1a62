"""How long people wait for an answer, and others until they see the payment, at parts of what the platform can take."""

import argparse
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console

from bench.claims import Claim, Findings, Listing, Round, claim_from
from bench.field import CLIENTS
from bench.load.figures import by_act
from bench.load.job import Person
from bench.load.open_job import logged_in, open_job
from bench.notified import DELAY, make_people
from bench.platform import Api, until_all
from bench.saturation import carried_out, saturate
from bench.scrape import Histogram, Scrape
from bench.stacks import Platform, add_stack_arguments, chosen_stack
from bench.streams import open_streams

SHARES = {0.25: 1.0, 0.5: 1.0, 0.75: 2.0}
"""Of the saturated rate, and within how many seconds 99 of 100 are to be seen by whom they concern."""
ANSWERED_SECONDS = 0.25
"""The promise: 99 % of transfer requests are answered within that."""
KEEPS_PACE = 0.9
EYES = 20
"""People whose inbox is open in a browser."""
EYE_DELAY = "notification_commit_to_stream_seconds"
CONSUMER, LIVE = "notification-consumer", "notification-live"
QUICK = {"quick": 1.0}


@dataclass(frozen=True)
class Level:
    """A round at one share: what was meant and accepted a second, and p50 and p99 in seconds."""

    share: float
    meant: float
    accepted: float
    answer: tuple[float, float]
    inbox: tuple[float, float]
    eye: tuple[float, float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run; the defaults take about eight minutes."""
    parser.add_argument("--rounds", type=int, default=3, help="of each share (default 3)")
    parser.add_argument("--seconds", type=float, default=20, help="measured seconds of a round (default 20)")
    parser.add_argument("--warm-up", type=float, default=3, help="seconds before them (default 3)")
    add_stack_arguments(parser, default=".stack-bench")


def run(options: argparse.Namespace) -> Findings:
    """Measure and judge."""
    console = Console()
    with chosen_stack(options, console) as platform, platform.api() as api:
        bench = _Bench(platform, api, options, console, make_people(platform, api))
        for number in range(options.rounds):
            saturated = bench.saturate(number)
            for share in SHARES:
                bench.at(share, saturated, number)
    return Findings(claims(bench.saturated, bench.levels), listing(bench.levels))


@dataclass
class _Bench:
    platform: Platform
    api: Api
    options: argparse.Namespace
    console: Console
    people: Sequence[Person]
    saturated: list[Round] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)

    def saturate(self, number: int) -> float:
        """The rate of clients who send again as soon as they are answered, everything at work, up to the inboxes."""
        head = self.api.summary().head
        options = self.options
        result = saturate(self.platform, self.api, self.people, seconds=options.seconds, seed=number)
        self._wait_until_told(head, result.tally.accepted)
        through, rate = result.tally.accepted / (time.time() - result.began), result.tally.rate
        self.saturated.append(Round(through, rate))
        self.console.print(f"  saturated: {rate:.0f} transfers/s, {through:.0f}/s from the request to the inbox")
        return through

    def at(self, share: float, saturated: float, number: int) -> None:
        """People who come at a part of that rate, whatever the answers."""
        head, meant = self.api.summary().head, share * saturated
        before = self._histograms()
        people = logged_in(self.api, self.people[:CLIENTS])
        job = open_job(
            self.platform,
            people,
            self.platform.directory / "bench-book.jsonl",
            seed=number,
            per_second=meant,
            seconds=self.options.seconds,
            warm_up_seconds=self.options.warm_up,
            mix=QUICK,
            think_seconds=0,
        )
        with open_streams(self.platform.url(LIVE), [one.token for one in people[:EYES]]):
            result = carried_out(job)
            self._wait_until_told(head, result.tally.accepted)
            inbox, eye = (now.since(then) for now, then in zip(self._histograms(), before, strict=True))
        answers = by_act(result.book, result.began + self.options.warm_up, result.seconds)["pay"]
        level = Level(
            share=share,
            meant=meant,
            accepted=answers.accepted / result.seconds,
            answer=(answers.p50_ms / 1000, answers.p99_ms / 1000),
            inbox=(inbox.quantile(0.5), inbox.quantile(0.99)),
            eye=(eye.quantile(0.5), eye.quantile(0.99)),
        )
        self.levels.append(level)
        self.console.print("    " + ", ".join(map(" ".join, zip(HEADINGS, told(level), strict=True))))

    def _wait_until_told(self, head: int, due: int) -> None:
        """Until so many positions above ``head`` are in inboxes. Raises RuntimeError when they do not get there."""
        upto = self.api.published_to_head().head
        if (counted := until_all(lambda: self.api.notified(head, upto), due)) < due:
            raise RuntimeError(f"of {due} positions {counted} were told")

    def _histograms(self) -> tuple[Histogram, Histogram]:
        inbox = Scrape(self.platform.url(CONSUMER)).histogram(DELAY)
        return inbox, Scrape(self.platform.url(LIVE)).histogram(EYE_DELAY)


HEADINGS = ("share", "meant/s", "accepted/s", "answer p50, p99", "inbox p50, p99", "eye p50, p99")


def told(level: Level) -> list[str]:
    """A level in words, in the order of HEADINGS."""
    waits = (level.answer, level.inbox, level.eye)
    pairs = [f"{p50 * 1000:,.0f}, {p99 * 1000:,.0f} ms" for p50, p99 in waits]
    return [f"{level.share:.0%}", f"{level.meant:,.0f}", f"{level.accepted:,.0f}", *pairs]


def listing(levels: Sequence[Level]) -> Listing:
    """The medians of each share's rounds."""
    rows = []
    for share in SHARES:
        of = [level for level in levels if level.share == share]
        waits = [
            tuple(statistics.median(getattr(level, name)[at] for level in of) for at in (0, 1))
            for name in ("answer", "inbox", "eye")
        ]
        rates = [statistics.median(getattr(level, name) for level in of) for name in ("meant", "accepted")]
        rows.append(told(Level(share, *rates, *waits)))
    return Listing(list(HEADINGS), rows)


def claims(saturated: Sequence[Round], levels: Sequence[Level]) -> list[Claim]:
    """What the rounds prove."""
    found = [
        claim_from(
            saturated,
            claim="transfers/s from the request to the inbox, everything at work",
            unit="transfers/s",
            goal=KEEPS_PACE,
            against="what is accepted meanwhile",
        )
    ]
    for share, seen_within in SHARES.items():
        of = [level for level in levels if level.share == share]
        at = f"at {share:.0%} of the saturated rate"
        eyes, answers = ([Round(getattr(level, name)[1], unit) for level in of] for name, unit in UNITS)
        found += [
            claim_from(
                eyes,
                claim=f"p99 from the decision to the eye, {at}",
                unit="s",
                goal=seen_within,
                against="one second",
                at_most=True,
            ),
            claim_from(
                answers,
                claim=f"p99 of a payment's answer from when it was due, {at}",
                unit="s",
                goal=1,
                against="the promise of 250 ms",
                at_most=True,
            ),
        ]
    return found


UNITS = (("eye", 1.0), ("answer", ANSWERED_SECONDS))
