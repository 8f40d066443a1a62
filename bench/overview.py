"""The live overview's figures from the rollups, against the same figures from the lake's files."""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from pymongo import MongoClient
from rich.console import Console

from analytics_service.engine import PANDAS_ROWS_MAX, Engine, on_threads
from analytics_service.filters import Selection
from analytics_service.lake.folder import LakeFolder
from analytics_service.metrics import ReportMetrics
from analytics_service.reports import REPORTS
from analytics_service.storage.collections import Collections, Document
from analytics_service.storage.manifest import MongoManifest
from analytics_service.storage.rollups import MongoRollups
from analytics_service.use_cases.live import Figures, Live, Overview
from analytics_service.use_cases.reports import Reports
from analytics_service.wiring.parts import new_id
from bench.claims import Round, claim_from, conclude
from bench.lakes import SIZE, made, named
from bench.stacks import Platform, add_stack_arguments, chosen_stack
from service_kit.clock import SystemClock
from stack.layout import ROOT

RESULT = ROOT / ".stack" / "bench" / "overview.json"
DATABASE = "bench_overview"
GOAL = 100.0
LOOKS = 20
"""At the overview in a round; of the files once, since that takes long enough by itself."""
PARTS = [REPORTS[name] for name in ("totals", "outcomes")]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much, how often, and on which MongoDB."""
    parser.add_argument("--size", type=int, default=SIZE, help="transfers of the lake")
    parser.add_argument("--rounds", type=int, default=5, help="of each, in turn")
    add_stack_arguments(parser, default=".stack-bench")


def run(options: argparse.Namespace) -> int:
    """Measure, print, write the claim; 0 when it holds."""
    console = Console()
    lake = made(console, options.size)
    with chosen_stack(options, console, ["mongod"]) as platform, _named(platform, lake, console) as both:
        rounds = [both.round(console) for _ in range(options.rounds)]
    claim = claim_from(
        rounds,
        claim="overviews a second, from the rollups",
        goal=GOAL,
        against=f"the same figures by reports over the files of {options.size:,} transfers, only those of the day read",
    )
    return conclude(console, RESULT, [claim])


class _Then(SystemClock):
    """A clock that stands."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at


@dataclass
class _Both:
    live: Live
    reports: Reports

    def round(self, console: Console) -> Round:
        """Seconds of each turned into how many a second. Raises RuntimeError where they don't say the same."""
        took = [_seconds(self.live.overview) for _ in range(LOOKS)]
        overview = self.live.overview()
        again = _seconds(lambda: self._compare(overview))
        ours = statistics.median(took)
        console.print(f"    from the rollups {ours * 1000:.1f} ms, from the files {again * 1000:.0f} ms")
        return Round(1 / ours, 1 / again)

    def _compare(self, overview: Overview) -> None:
        hour = overview.last_hour
        minutes = self.reports.answer([*PARTS, REPORTS["per_minute"]], Selection(from_=hour.from_, to=hour.to))
        today = self.reports.answer(PARTS, Selection(from_=overview.today.from_, to=overview.today.to))
        found = [_told(answer.figures["totals"]) for answer in (today, minutes)]
        if found != [_counted(overview.today), _counted(hour)]:
            raise RuntimeError("the rollups and the files differ")


def _told(totals: list[dict[str, object]]) -> set[tuple[object, ...]]:
    return {tuple(row[name] for name in ("currency", "type", "posted", "rejected", "amount")) for row in totals}


def _counted(figures: Figures) -> set[tuple[object, ...]]:
    return {(each.currency, each.type, each.posted, each.rejected, each.amount) for each in figures.totals}


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


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
        yield _Both(Live(MongoRollups(collections), clock), reports)
        client.drop_database(DATABASE)
