"""Figures from the rollups, against the same figures from the lake's files: of every day, and the live overview's."""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from pymongo import MongoClient
from rich.console import Console

from analytics_service.domain.rollups import LENGTH, Span
from analytics_service.domain.rows import Row
from analytics_service.engine import PANDAS_ROWS_MAX, Engine, on_threads
from analytics_service.filters import Selection
from analytics_service.lake.folder import LakeFolder
from analytics_service.metrics import ReportMetrics
from analytics_service.reports import REPORTS
from analytics_service.storage.collections import Collections, Document
from analytics_service.storage.manifest import MongoManifest
from analytics_service.storage.rollups import MongoRollups
from analytics_service.use_cases.live import Figures, Live, figures_of
from analytics_service.use_cases.reports import Reports
from analytics_service.wiring.parts import new_id
from bench.claims import Claim, Round, claim_from
from bench.lakes import SIZE, made, named
from bench.report_runs import measured
from bench.stacks import Platform, add_stack_arguments, chosen_stack
from service_kit.clock import SystemClock

DATABASE = "bench_overview"
PANDAS, EVERY_DAY, TODAY = 100.0, 50.0, 10.0
"""Goals. The reports' engine is fast, and of the live overview it reads the day's files alone."""
LOOKS = 20
"""At the rollups in a round; at the files one, since that takes long enough by itself."""

Totals = list[set[tuple[object, ...]]]
"""Of each period that has any, what was posted and rejected."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much, how often, and on which MongoDB."""
    parser.add_argument("--size", type=int, default=SIZE, help="transfers of the lake")
    parser.add_argument("--rounds", type=int, default=5, help="of each, in turn")
    add_stack_arguments(parser, default=".stack-bench")


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge."""
    console = Console()
    lake = made(console, options.size)
    with chosen_stack(options, console, ["mongod"]) as platform, _named(platform, lake, console) as both:
        days, overviews = zip(*(both.round(console) for _ in range(options.rounds)), strict=True)
    pandas = [Round(day.ours, 1 / measured("pandas", lake)["seconds"]) for day in days]
    of = f"the same figures by reports over the files of {options.size:,} transfers"
    name = "answers a second with the figures of each day"
    return [
        _claim(pandas, f"{name}, against plain Pandas", PANDAS, "the same figures, same files"),
        _claim(days, name, EVERY_DAY, of),
        _claim(overviews, "live overviews a second", TODAY, f"{of}, only the day's being read"),
    ]


def _claim(rounds: Sequence[Round], claim: str, goal: float, against: str) -> Claim:
    return claim_from(rounds, claim=claim, unit="answers/s", goal=goal, against=against)


class _Then(SystemClock):
    """A clock that stands."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at


@dataclass
class _Both:
    rollups: MongoRollups
    live: Live
    reports: Reports

    def round(self, console: Console) -> tuple[Round, Round]:
        """Answers a second: of every day, and of the live overview. Raises RuntimeError where they don't agree."""
        return (
            _compared("each day", self._days_of_rollups, self._days_of_files, console),
            _compared("live", self._live_of_rollups, self._live_of_files, console),
        )

    def _days_of_rollups(self) -> Totals:
        buckets = self.rollups.read([Span("day")]).buckets
        return [_counted(figures_of([bucket], bucket.start, bucket.start + LENGTH["day"])) for bucket in buckets]

    def _days_of_files(self) -> Totals:
        rows = self.reports.answer([REPORTS["per_day"]], Selection()).figures["per_day"]
        return [_told(of_day) for _, of_day in itertools.groupby(rows, itemgetter("start"))]

    def _live_of_rollups(self) -> Totals:
        overview = self.live.overview()
        return [_counted(each) for each in (overview.today, overview.last_hour, *overview.minutes) if each.totals]

    def _live_of_files(self) -> Totals:
        now = self.live.overview()  # for its bounds; it is a small part of what the files take
        parts = [REPORTS[name] for name in ("totals", "outcomes")]
        today = self.reports.answer(parts, Selection(from_=now.today.from_, to=now.today.to)).figures
        of_hour = Selection(from_=now.last_hour.from_, to=now.last_hour.to)
        hour = self.reports.answer([*parts, REPORTS["per_minute"]], of_hour).figures
        minutes = [_told(rows) for _, rows in itertools.groupby(hour["per_minute"], itemgetter("start"))]
        return [_told(today["totals"]), _told(hour["totals"]), *minutes]


def _compared(what: str, of_rollups: Callable[[], Totals], of_files: Callable[[], Totals], console: Console) -> Round:
    took = [_seconds(of_rollups) for _ in range(LOOKS)]
    ours, (again, theirs) = statistics.median(each for each, _ in took), _seconds(of_files)
    if took[0][1] != theirs:
        raise RuntimeError("the rollups and the files differ")
    console.print(f"    {what:8} from the rollups {ours * 1000:.1f} ms, from the files {again * 1000:.0f} ms")
    return Round(1 / ours, 1 / again)


def _told(totals: Iterable[Row]) -> set[tuple[object, ...]]:
    return {tuple(row[name] for name in ("currency", "type", "posted", "rejected", "amount")) for row in totals}


def _counted(figures: Figures) -> set[tuple[object, ...]]:
    return {(each.currency, each.type, each.posted, each.rejected, each.amount) for each in figures.totals}


def _seconds(act: Callable[[], Totals]) -> tuple[float, Totals]:
    began = time.perf_counter()
    answer = act()
    return time.perf_counter() - began, answer


@contextmanager
def _named(platform: Platform, lake: Path, console: Console) -> Iterator[_Both]:
    """The lake with a manifest in a database of its own, at the moment of its last record."""
    url = urlunsplit(urlsplit(platform.mongo_admin_url)._replace(path=f"/{DATABASE}"))
    with MongoClient[Document](url, tz_aware=True) as client:
        client.drop_database(DATABASE)
        collections = Collections(client)
        console.print("adding up the lake's files once, as its ingester does batch by batch")
        clock = _Then(named(SecretStr(url), lake, lake).last_at + timedelta(milliseconds=1))
        engine = Engine(on_threads, PANDAS_ROWS_MAX)
        metrics = ReportMetrics(CollectorRegistry(), REPORTS)
        manifest, folder = MongoManifest(collections), LakeFolder(lake, new_id)
        reports = Reports(manifest, folder, engine, metrics, clock.monotonic)
        rollups = MongoRollups(collections)
        yield _Both(rollups, Live(rollups, clock), reports)
        client.drop_database(DATABASE)
