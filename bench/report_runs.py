"""``python -m bench.report_runs WHO FOLDER``: the report by day over a lake's files, once, in a process of its own.

Prints seconds, the peak of the process' memory and a digest of the answer; imports aren't counted as time.
"""

import hashlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

COLUMNS = ["occurred_at", "currency", "type", "status", "amount"]
KEYS = ["start", "currency", "type"]
Row = tuple[Any, ...]


def ours(files: list[Path]) -> Callable[[], Iterable[Row]]:
    """The platform's engine, with Dask on threads of the process."""
    import pyarrow.parquet as pq
    from dask.threaded import get  # noqa: F401 - so that its import isn't measured

    from analytics_service.engine import Engine, ReportFile, on_threads
    from analytics_service.filters import Selection
    from analytics_service.reports import REPORTS

    # The lake's manifest knows the rows, and there is none here.
    known = [ReportFile(file, pq.read_metadata(file).num_rows) for file in files]

    def run() -> Iterable[Row]:
        days = Engine(on_threads, pandas_rows_max=0).run([REPORTS["per_day"]], known, Selection(), 10)["per_day"]
        names = [*KEYS, "posted", "rejected", "amount"]
        return ((f"{row[0]:%Y-%m-%d}", *row[1:]) for row in days[names].itertuples(index=False))

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


WHO = {"ours": ours, "pandas": plain_pandas, "duckdb": duckdb}


def main(who: str, folder: str) -> None:
    """Measure and print."""
    run = WHO[who](sorted(Path(folder).glob("date=*/*.parquet")))
    began, cpu_began = time.perf_counter(), time.process_time()
    rows = [[str(part) for part in row] for row in run()]
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    print(
        json.dumps(
            {
                "seconds": seconds,
                "cpu_seconds": cpu_seconds,
                "peak_bytes": int(peak[1]) * 1024 if peak else 0,
                "answer": hashlib.sha256(json.dumps(rows).encode()).hexdigest(),
                "rows": len(rows),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
