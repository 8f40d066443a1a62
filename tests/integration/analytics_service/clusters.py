"""A real Dask cluster of processes on loopback ports, which a test may kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from stack.layout import ROOT
from tests.waiting import eventually

START_SECONDS = 90.0
"""Importing Dask and Pandas takes long on a busy machine."""


class DaskCluster:
    """`dask scheduler` and `dask worker`, as an operator starts them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []
        self.workers: list[subprocess.Popen[bytes]] = []
        self.address = ""
        self.start_scheduler()

    def start_scheduler(self) -> None:
        """On a free port the first time, and on the same one afterwards."""
        known = self._folder / f"scheduler-{len(self._started)}.json"
        port = self.address.rpartition(":")[2] or "0"
        options = ["--host", "127.0.0.1", "--port", port, "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
        self.scheduler = self._start("scheduler", *options, "--scheduler-file", str(known))
        eventually(known.exists, what="the scheduler has written its address", within_seconds=START_SECONDS)
        eventually(lambda: known.read_text().endswith("}"), what="its address is whole", within_seconds=START_SECONDS)
        self.address = json.loads(known.read_text())["address"]

    def start_worker(self) -> subprocess.Popen[bytes]:
        """With one thread, and nobody who starts it again."""
        options = ["--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0"]
        worker = self._start("worker", self.address, *options, "--local-directory", str(self._folder))
        self.workers.append(worker)
        return worker

    def end(self) -> None:
        """All of it."""
        for process in reversed(self._started):
            process.kill()
            process.wait(60)

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        log = (self._folder / f"{words[0]}-{len(self._started)}.log").open("wb")
        # As a module, so that the workers find this checkout's code.
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *words], cwd=ROOT, env=dict(os.environ), stdout=log, stderr=log
        )
        log.close()
        self._started.append(process)
        return process
