"""`python -m bench.load`: visits of people at a given rate, however slow the answers, on a platform that runs.

Signs people up, lets them come (bench/load/open_loop.py), then holds the generator's own book against the ledger's
journal: each payment that was answered 2xx must be in it once. Everything is written below the stack's folder, with a
page of charts.
"""

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench.joined import joined
from bench.load.arguments import parser
from bench.load.book import PAY, Entry
from bench.load.chart import write_chart
from bench.load.figures import Figures, by_act, by_second
from bench.load.job import Person
from bench.load.open_job import open_job
from bench.load.people import NotAnswered
from bench.load.process import LoadFailed, LoadRun, Result
from bench.machine import Machine, revision
from bench.platform import Api, PlatformAway
from bench.stacks import Platform
from stack.errors import StackError


def main(arguments: Sequence[str]) -> int:
    """0 when every payment of the book is in the journal once and nothing stayed without a decision."""
    options, console = parser((__doc__ or "").partition("\n\n")[0]).parse_args(arguments), Console()
    try:
        platform = Platform.of(options.stack)
        with platform.api() as api:
            return _run(platform, api, options, console)
    except (StackError, PlatformAway, NotAnswered, LoadFailed) as error:
        console.print(f"load: {error}", style="red", highlight=False, markup=False)
        return 1


def _run(platform: Platform, api: Api, options: argparse.Namespace, console: Console) -> int:
    machine, folder = Machine.of_here(), platform.directory / "load"
    folder.mkdir(parents=True, exist_ok=True)
    with _progress(console) as bar:
        people = _sign_up(bar, platform, api, options.people)
        head = api.summary().head
        job = open_job(
            platform,
            people,
            folder / "book.jsonl",
            seed=options.seed,
            timeout_s=options.timeout,
            per_second=options.rate,
            seconds=options.minutes * 60,
            warm_up_seconds=options.warm_up,
            arrivals=options.arrivals,
            mix=options.mix,
            payees=options.payees,
            think_seconds=options.think,
        )
        result = _watch(bar, LoadRun(job), options)
    measured_from = result.began + options.warm_up
    acts = by_act(result.book, measured_from, result.seconds)
    check = held_against(result.book, api, head)
    seconds = by_second(result.book, result.began)
    told = vars(options) | {"revision": revision(), "machine": asdict(machine), "began": result.began}
    report = {"run": told, "acts": acts, "book": check, "seconds": seconds}
    (folder / "load.json").write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2) + b"\n")
    title = f"{options.rate:g} requests a second, {options.arrivals} arrivals, {options.payees} payees"
    write_chart(folder / "load.html", title, seconds, _decided(result.book))
    console.print(table_of(acts))
    console.print(check.told())
    console.print(f"written to {folder}: load.json, load.html (charts), book.jsonl (every answer)")
    return 0 if check.agrees else 1


@dataclass(frozen=True)
class Check:
    """The book's payments against the journal. ``doubled``: those that are in it more than once."""

    accepted: int
    in_ledger: int
    lost: int
    doubled: int
    unsettled: int
    faults: int

    @property
    def agrees(self) -> bool:
        return not (self.lost or self.doubled or self.unsettled or self.faults)

    def told(self) -> str:
        colour = "green" if self.agrees else "red"
        return (
            f"[{colour}]{self.accepted} payments accepted, {self.in_ledger} in the ledger, {self.lost} lost, "
            f"{self.doubled} doubled; {self.unsettled} requests without a decision, {self.faults} answers 500[/]"
        )


def held_against(book: Sequence[Entry], api: Api, head: int) -> Check:
    """Look up each accepted payment in the journal above ``head``."""
    ours = {entry.transfer_id for entry in book if entry.act == PAY and entry.outcome == "accepted"}
    posted = Counter(record.transfer_id for record in api.journal(head) if record.transfer_id in ours)
    return Check(
        accepted=len(ours),
        in_ledger=len(posted),
        lost=len(ours - set(posted)),
        doubled=sum(times > 1 for times in posted.values()),
        unsettled=sum(entry.outcome == "unsettled" for entry in book),
        faults=sum(entry.faults for entry in book),
    )


def _sign_up(bar: Progress, platform: Platform, api: Api, count: int) -> list[Person]:
    task = bar.add_task("people sign up and log in", total=count)
    return joined(platform, api, [f"load-{n:04}" for n in range(count)], each_done=lambda: bar.advance(task))


def _watch(bar: Progress, load: LoadRun, options: argparse.Namespace) -> Result:
    whole = options.minutes * 60 + options.warm_up
    task, began = bar.add_task("people come and go", total=whole), time.monotonic()
    try:
        for now in load.progress():
            took = time.monotonic() - began
            told = f"{now.done:,} requests decided, {now.done / max(took, 0.25):,.0f}/s"
            bar.update(task, completed=min(took, whole), description=told)
        return load.result()
    except KeyboardInterrupt:
        load.finish()
        return load.result()
    finally:
        load.stop()


def _decided(book: Sequence[Entry]) -> dict[str, list[Entry]]:
    acts: dict[str, list[Entry]] = defaultdict(list)
    for entry in book:
        if entry.outcome != "unsettled":
            acts[entry.act].append(entry)
    return acts


def table_of(acts: dict[str, Figures]) -> Table:
    """One line an act; milliseconds from when a request was due."""
    table = Table(title="milliseconds from when a request was due", title_justify="left")
    columns = ("requests", "a second", "rejected", "refused", "p50", "p90", "p99", "p99.9", "max", "p99 from sending")
    for heading in ("act", *columns):
        table.add_column(heading, justify="left" if heading == "act" else "right")
    for act, of in acts.items():
        waits = (of.p50_ms, of.p90_ms, of.p99_ms, of.p999_ms, of.max_ms, of.from_sending_p99_ms)
        counts = (f"{of.requests:,}", f"{of.per_second:,.1f}", f"{of.rejected:,}", f"{of.refused:,}")
        table.add_row(act, *counts, *(f"{wait:,.1f}" for wait in waits))
    return table


def _progress(console: Console) -> Progress:
    return Progress(TextColumn("{task.description:<40}"), BarColumn(), TimeElapsedColumn(), console=console)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
