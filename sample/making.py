"""A sample, made: a process a currency decides, then a process a day puts the currencies together."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from analytics_service.domain.files import MERGED_ROWS_MAX, LakeFile
from analytics_service.lake.folder import LakeFolder
from sample.commands import NONE
from sample.deciding import Decided, Ledger
from sample.plan import Economy, Options, economy, positions
from sample.rows import Rows
from sample.truth import Truths, truth_of

LOOK_SECONDS = 0.5
_done: Synchronized[int]
_ended: Any

Tell = Callable[[str, int, int], object]
"""Hears the step, how many of its parts are done, and of how many."""
Keep = Callable[[Ledger, list[Decided]], object]
"""Hears each block as it is decided, and, with an empty one, that it was the last."""


@dataclass(frozen=True)
class Sample:
    """What was made: the files of the lake, not yet named by any manifest, up to the position `head` at `last_at`."""

    files: list[LakeFile]
    truths: Truths
    head: int
    last_at: datetime


@dataclass(frozen=True)
class Task:
    """One process' part."""

    planned: Economy
    positions: np.ndarray
    options: Options
    scratch: Path
    keep: Keep | None


def make(options: Options, lake: Path, scratch: Path, tell: Tell, keep: Keep | None = None) -> Sample:
    """Decide the whole history and write it as files of a lake; `scratch` is an empty folder for what lies between.

    `keep` is called in the processes that decide. Raises deciding.UndecidedError.
    """
    tell("planning", 0, options.size)
    planned = [economy(options, currency) for currency in options.currencies]
    places = positions(planned)
    head = sum(map(len, places))
    tasks = [Task(each, own, options, scratch, keep) for each, own in zip(planned, places, strict=True)]
    with _pool() as pool:
        parts = pool(_decide_part, tasks, lambda done: tell("deciding", done, head), head)
        days = sorted({path.parent.name for path in scratch.glob("*/*.arrow")})
        write = partial(_write_day, lake=lake, scratch=scratch, committed_at=options.until)
        files = pool(write, days, lambda done: tell("writing", done, head), head)
    last = max(planned, key=lambda each: int(each.commands.at[-1]))
    last_at = options.begins + timedelta(milliseconds=int(last.commands.at[-1]))
    return Sample([*chain.from_iterable(files)], [*chain.from_iterable(parts)], head, last_at)


@contextmanager
def _pool() -> Iterator[Callable[..., list[Any]]]:
    """Runs a function for each of some tasks, in as many processes as there are processors."""
    # Spawned, since a fork would copy the locks of the store's threads and not the threads that give them back.
    context = multiprocessing.get_context("spawn")
    done, ended = context.Value("q", 0), context.Event()
    with ProcessPoolExecutor(os.cpu_count(), context, initializer=_starts, initargs=(done, ended)) as pool:

        def run(work: Callable[[Any], Any], tasks: list[Any], tell: Callable[[int], object], whole: int) -> list[Any]:
            done.value = 0
            running = [pool.submit(work, task) for task in tasks]
            _look_on(running, lambda: tell(done.value))
            tell(whole)
            return [each.result() for each in running]

        try:
            yield run
        except BaseException:
            ended.set()
            raise


def _look_on(running: list[Future[Any]], tell: Callable[[], object]) -> None:
    """Until all have ended; raises what the first one that failed raised."""
    waiting = set(running)
    while waiting:
        ready, waiting = wait(waiting, timeout=LOOK_SECONDS)
        for each in ready:
            each.result()
        tell()


def _starts(done: Synchronized[int], ended: Any) -> None:
    """In each process."""
    global _done, _ended
    _done, _ended = done, ended


def _advance(parts: int) -> None:
    if _ended.is_set():
        raise KeyboardInterrupt
    with _done.get_lock():
        _done.value += parts


def _decide_part(task: Task) -> Truths:
    """Decide one currency; its rows go to the scratch folder, a file a day and currency."""
    planned, options = task.planned, task.options
    number = list(options.currencies).index(planned.currency)
    ledger = Ledger(planned, task.positions, options.begins, np.random.default_rng([options.seed, number, 1]))
    rows, day = Rows(), ""
    proofs: dict[int, list[Decided]] = {}
    # Nothing that is made here goes round in a circle, and to look through it all again and again takes long.
    gc.disable()
    for block in ledger.decided():
        for each in block:
            of_day = each.record.at.date().isoformat()
            if of_day != day:
                _put_aside(rows, day, task)
                day = of_day
            rows.add(each.record)
            if each.planted != NONE:
                proofs.setdefault(each.planted, []).append(each)
        if task.keep is not None:
            task.keep(ledger, block)
        _advance(len(block))
    _put_aside(rows, day, task)
    if task.keep is not None:
        task.keep(ledger, [])
    return [truth_of(planned, number, decided) for number, decided in sorted(proofs.items())]


def _put_aside(rows: Rows, day: str, task: Task) -> None:
    if not len(rows):
        return
    folder = task.scratch / day
    folder.mkdir(exist_ok=True)
    table = rows.table()
    path = folder / f"{task.planned.currency}.arrow"
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _write_day(day: str, lake: Path, scratch: Path, committed_at: datetime) -> list[LakeFile]:
    """Put the currencies of one day together, in files of about the size that merging makes."""
    tables = []
    for path in sorted((scratch / day).glob("*.arrow")):
        with pa.memory_map(str(path)) as file:
            tables.append(pa.ipc.open_file(file).read_all())
    whole = pa.concat_tables(tables).sort_by("position")
    parts = -(-whole.num_rows // MERGED_ROWS_MAX)
    size = -(-whole.num_rows // parts)
    names = (f"sample-{day}-{number:03d}" for number in range(parts))
    folder = LakeFolder(lake, lambda: next(names))
    files = [
        folder.write(day, whole.slice(first, size), committed_at.astimezone(UTC), level=1)
        for first in range(0, whole.num_rows, size)
    ]
    _advance(whole.num_rows)
    return files
