"""``python -m bench.report_runs WHO FOLDER [REPORT ROWS]``: a report over a lake, once, in a process of its own.

Prints seconds, the peak of the process' memory and a digest of the answer; imports aren't counted as time. It is the
report by day over all rows if nothing else is said; others only the platform's engine can make.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from stack.launch import MEMORY
from stack.layout import ROOT

BY_DAY = "per_day"
ALL = 2**62
COLUMNS = ["occurred_at", "currency", "type", "status", "amount"]
KEYS = ["start", "currency", "type"]
Row = tuple[Any, ...]


def ours(files: list[Path], report: str = BY_DAY, pandas_rows_max: int = 0) -> Callable[[], Iterable[Row]]:
    """The platform's engine: Dask on threads of the process above `pandas_rows_max` rows, and Pandas alone below."""
    import pyarrow.parquet as pq
    from dask.threaded import get  # noqa: F401 - so that its import isn't measured

    from analytics_service.engine import Engine, ReportFile, on_threads
    from analytics_service.filters import Selection
    from analytics_service.reports import REPORTS

    # The lake's manifest knows the rows, and there is none here.
    known = [ReportFile(file, pq.read_metadata(file).num_rows) for file in files]
    engine = Engine(on_threads, pandas_rows_max)

    def run() -> Iterable[Row]:
        answer = engine.run([REPORTS[report]], known, Selection(), 10)[report]
        if report != BY_DAY:
            return answer.itertuples(index=False)
        names = [*KEYS, "posted", "rejected", "amount"]
        return ((f"{row[0]:%Y-%m-%d}", *row[1:]) for row in answer[names].itertuples(index=False))

    return run


def plain_pandas(files: list[Path]) -> Callable[[], Iterable[Row]]:
    """What one writes in a notebook: read the columns, and group."""
    import pandas as pd

    def run() -> Iterable[Row]:
        records = pd.concat([pd.read_parquet(file, columns=COLUMNS, partitioning=None) for file in files])
        records = records[records["status"].isin(["posted", "rejected"])]
        posted = records["status"] == "posted"
        records = records.assign(
            start=records["occurred_at"].dt.strftime("%Y-%m-%d"),
            posted=posted.astype("int64"),
            rejected=(~posted).astype("int64"),
            # Beside what happened to accounts, which has no amount, they are read as floats.
            amount=records["amount"].where(posted, 0).astype("int64"),
        )
        sums = records.groupby(KEYS, as_index=False)[["posted", "rejected", "amount"]].sum()
        return sums.itertuples(index=False, name=None)

    return run


def duckdb(files: list[Path]) -> Callable[[], Iterable[Row]]:
    """One statement of SQL."""
    import duckdb as db

    query = """
        SELECT strftime(timezone('UTC', occurred_at), '%Y-%m-%d') AS start, currency, type,
               count(*) FILTER (status = 'posted')::BIGINT, count(*) FILTER (status = 'rejected')::BIGINT,
               coalesce(sum(amount) FILTER (status = 'posted'), 0)::BIGINT
        FROM read_parquet(?) WHERE status IN ('posted', 'rejected') GROUP BY ALL ORDER BY ALL
    """

    def run() -> Iterable[Row]:
        return db.execute(query, [[str(file) for file in files]]).fetchall()

    return run


WHO = {"ours": ours, "alone": partial(ours, pandas_rows_max=ALL), "pandas": plain_pandas, "duckdb": duckdb}


def measured(who: str, folder: Path, report: str = BY_DAY, rows: int = ALL) -> Mapping[str, Any]:
    """What a run of a process of its own has printed; with the allocators that `make up` gives every process."""
    command = [sys.executable, "-m", "bench.report_runs", who, str(folder), report, str(rows)]
    environment = os.environ | MEMORY
    printed = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: Mapping[str, Any] = json.loads(printed)
    return found


def main(who: str, folder: str, report: str = BY_DAY, rows: str = str(ALL)) -> None:
    """Measure and print."""
    files = sorted(Path(folder).glob("date=*/*.parquet"))
    if int(rows) < ALL:
        files = _first(files, int(rows))
    run = WHO[who](files) if report == BY_DAY else WHO[who](files, report)  # type: ignore[call-arg]
    began, cpu_began = time.perf_counter(), time.process_time()
    answer = [[str(part) for part in row] for row in run()]
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    print(
        json.dumps(
            {
                "seconds": seconds,
                "cpu_seconds": cpu_seconds,
                "peak_bytes": int(peak[1]) * 1024 if peak else 0,
                "answer": hashlib.sha256(json.dumps(answer).encode()).hexdigest(),
                "rows": len(answer),
            }
        )
    )


def _first(files: list[Path], rows: int) -> list[Path]:
    """So many of the files that they have at least `rows` rows."""
    import pyarrow.parquet as pq

    taken = 0
    for number, file in enumerate(files, 1):
        taken += pq.read_metadata(file).num_rows
        if taken >= rows:
            return files[:number]
    return files


if __name__ == "__main__":
    main(*sys.argv[1:])
