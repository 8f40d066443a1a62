"""How a run is cut into pieces and put together again, watched and stopped. Its figures: test_reports_agree.py."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics_service.engine import Engine, ReportFile, Threads, on_threads
from analytics_service.engine.pieces import PIECE_BYTES, PIECE_ROWS, pieces_of
from analytics_service.engine.work import Work
from analytics_service.filters import Selection
from analytics_service.reports import REPORTS
from tests.unit.analytics_service.added_up import reports
from tests.unit.analytics_service.bounded_run import peak_of
from tests.unit.analytics_service.lakes import transfer

PANDAS, DASK = 10**9, 0
ENGINES = pytest.mark.parametrize("pandas_rows_max", [PANDAS, DASK], ids=["pandas", "dask"])


class Stopped(Exception):
    """Somebody does not want the answer any more."""


def lake_of(files, lake):
    for position in range(1, files + 1):
        lake.put(transfer(position, amount=position))
    return lake


def files_of(*rows):
    return [ReportFile(Path(f"{number}.parquet"), each) for number, each in enumerate(rows, 1)]


def pieces(files, rows_max):
    return [[int(path.stem) for path in piece] for piece in pieces_of(files, rows_max)]


def test_small_files_are_read_together_and_a_large_one_alone():
    assert pieces(files_of(40, 60, 1, 500, 99, 1), 100) == [[1, 2], [3], [4], [5, 6]]
    assert pieces(files_of(0, 0), 100) == [[1, 2]]
    assert pieces([], 100) == []


@ENGINES
@pytest.mark.parametrize("files", [0, 1, 8, 20])
def test_a_run_is_the_same_however_many_pieces_it_has(lake, files, pandas_rows_max):
    answer = reports(lake_of(files, lake), pandas_rows_max).answer([REPORTS["totals"], REPORTS["amounts"]], Selection())
    totals = [(row["posted"], row["amount"]) for row in answer.figures["totals"]]
    assert totals == ([(files, files * (files + 1) // 2)] if files else [])
    assert [(row["least"], row["most"]) for row in answer.figures["amounts"]] == ([(1, files)] if files else [])


@ENGINES
def test_whoever_watches_is_told_of_every_file(lake, pandas_rows_max):
    told = []
    asked = [REPORTS["totals"], REPORTS["users_per_day"]]
    # What was before is of interest to new users alone, so that the files are read for each of the two.
    selection = Selection(after=4)
    reports(lake_of(12, lake), pandas_rows_max).answer(
        asked, selection, watch=lambda done, total: told.append((done, total))
    )
    assert told == [(done, 8 + 12) for done in range(1, 21)]


@ENGINES
def test_what_the_watcher_raises_ends_the_run(lake, pandas_rows_max):
    told = []

    def stop(done, total):
        told.append(done)
        raise Stopped

    with pytest.raises(Stopped):
        reports(lake_of(30, lake), pandas_rows_max).answer([REPORTS["totals"]], Selection(), watch=stop)
    assert told == [1]


def test_a_run_that_was_stopped_opens_no_further_files(lake):
    lake_of(30, lake)
    last = lake.manifest.snapshot().files[-1]
    lake.folder.delete(last.path)

    def stop(done, total):
        raise Stopped

    # Whoever opened the last file would find that it isn't there.
    with pytest.raises(Stopped):
        reports(lake).answer([REPORTS["totals"]], Selection(), watch=stop)


def test_runs_beside_each_other_share_the_memory():
    workers, inside, most = Threads(memory_bytes=1), set(), []

    def measure(piece):
        inside.add(piece)
        for _ in range(100):
            os.sched_yield()
            most.append(len(inside))
        inside.remove(piece)
        return []

    def work(run):
        pieces = [(Path(f"{run}-{number}"),) for number in range(20)]
        return Work(pieces, measure, lambda parts: [], lambda piece: None)

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(workers, map(work, range(3)))) == [[], [], []]
    assert max(most) == 1


def large_files(count, lake):
    """Each with as many rows as are read together, of few people."""
    lake.put(*(transfer(number, *("ann", "bob", "cleo")[number % 2 :][:2], number) for number in range(1, 501)))
    few = pq.read_table(lake.folder.path(lake.manifest.snapshot().files[0].path), partitioning=None)
    rows = pa.concat_tables([few] * (PIECE_ROWS // few.num_rows)).drop_columns("position")
    files = [lake.root / f"{number}.parquet" for number in range(count)]
    for number, file in enumerate(files):
        positions = pa.array(range(number * PIECE_ROWS, (number + 1) * PIECE_ROWS))
        pq.write_table(rows.append_column("position", positions), file)
    return files


@pytest.mark.timeout(300)
def test_a_report_over_more_than_the_memory_setting_stays_within_it(lake):
    """Beyond what one piece takes six take less than the setting, and more where they are not taken in pieces."""
    files, setting = large_files(6, lake), PIECE_BYTES
    one, _ = peak_of(files[:1], setting, PIECE_ROWS)
    in_pieces, answer = peak_of(files, setting, PIECE_ROWS)
    whole, same_answer = peak_of(files, setting, 6 * PIECE_ROWS)
    assert in_pieces - one < setting < whole - one
    assert answer == same_answer


def test_the_number_of_rows_decides_on_the_engine():
    engine = Engine(on_threads, 100)
    assert [engine.name(rows) for rows in (0, 100, 101)] == ["pandas", "pandas", "dask"]
