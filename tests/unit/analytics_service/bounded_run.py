"""``python -m tests.unit.analytics_service.bounded_run MEMORY_BYTES PIECE_ROWS FILE ...``: a report over files of a
lake in a process of its own; prints the peak of its memory in bytes, and the answer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from analytics_service.engine import Engine, ReportFile, Threads
from analytics_service.filters import Selection
from analytics_service.reports import REPORTS
from stack.launch import MEMORY
from stack.layout import ROOT

REPORT = "accounts"
"""It needs each leg with its texts, and its parts have few rows."""


def peak_of(files: Sequence[Path], memory_bytes: int, piece_rows: int) -> tuple[int, Any]:
    """What a run has printed, with the allocators that every process of the platform has."""
    module = "tests.unit.analytics_service.bounded_run"
    command = [sys.executable, "-m", module, *map(str, (memory_bytes, piece_rows, *files))]
    environment = os.environ | MEMORY
    printed = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    peak, answer = json.loads(printed)
    return peak, answer


def main(memory_bytes: str, piece_rows: str, *files: str) -> None:
    """Run and print."""
    engine = Engine(Threads(int(memory_bytes)), pandas_rows_max=0, piece_rows=int(piece_rows))
    known = [ReportFile(Path(file), pq.read_metadata(file).num_rows) for file in files]
    answer = engine.run([REPORTS[REPORT]], known, Selection(), 10)[REPORT]
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert peak is not None
    sys.stdout.write(json.dumps((int(peak[1]) * 1024, answer.to_dict("records"))))


if __name__ == "__main__":
    main(*sys.argv[1:])
