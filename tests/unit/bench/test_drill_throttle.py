"""A throttled process gets its share of a processor's time, and goes on by itself afterwards."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench.cost import cpu_seconds
from tests.drills.throttle import Throttle
from tests.waiting import eventually

SHARE = 0.1
TAKEN = 0.15
SLACK = 0.05
"""It is looked at every few milliseconds, and the kernel counts in hundredths of a second."""


def test_it_takes_no_more_than_its_share_until_it_is_released() -> None:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        eventually(lambda: cpu_seconds(process.pid) > 0, what="it works")
        began, before = time.monotonic(), cpu_seconds(process.pid)
        throttle = Throttle(process.pid, SHARE)
        eventually(lambda: cpu_seconds(process.pid) - before >= TAKEN, what="it goes on, slowly", within_seconds=60)
        taken, seconds = cpu_seconds(process.pid) - before, time.monotonic() - began

        assert taken <= seconds * SHARE + SLACK

        throttle.release()
        stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii")
        assert stat.rpartition(")")[2].split()[0] != "T"
    finally:
        process.kill()
        process.wait()
