"""The textbook service as a running process beside a stack."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient

from bench.platform import Summary
from bench.textbook.app import DATABASE
from bench.textbook.transfers import Transfers

ROOT = Path(__file__).resolve().parents[2]
WORKERS, THREADS = 2, 16
"""The best for uniform transfers of those tried on two cores; the README has the figures."""
DESCRIPTION = (
    f"textbook Flask service of ours (bench/textbook): gunicorn gthread, {WORKERS} workers with {THREADS} threads, one "
    "MongoDB transaction per transfer, same checks, same durability (w: majority, j: true)"
)
START_SECONDS = 30


class Textbook:
    """A started service. ``url``: where it listens; ``pid``: gunicorn's main process."""

    def __init__(self, url: str, pid: int) -> None:
        self.url = url
        self.pid = pid

    def summary(self) -> Summary:
        """Posted and rejected transfers, totals per currency."""
        return Summary.of(httpx.get(f"{self.url}/v1/ledger/summary", timeout=30).raise_for_status().json())


@contextmanager
def running(
    *, mongo_admin_url: str, environment: Mapping[str, str], port: int, usernames: Sequence[str], grant: int
) -> Iterator[Textbook]:
    """Start with an empty database of its own and an account for everybody; stop and drop the database at the end."""
    with MongoClient[dict[str, Any]](mongo_admin_url) as client:
        client.drop_database(DATABASE)
        transfers = Transfers(client, DATABASE)
        transfers.prepare()
        transfers.open_accounts(list(usernames), grant, "EUR")
        process = _start(port, environment)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_healthy(url, process)
            yield Textbook(url, process.pid)
        finally:
            process.terminate()
            process.wait()
            client.drop_database(DATABASE)


def _start(port: int, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    command = [
        *(sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--workers", str(WORKERS)),
        *("--threads", str(THREADS), "--keep-alive", "75", "--bind", f"127.0.0.1:{port}"),
        *("--log-level", "warning", "bench.textbook.app:create_app()"),
    ]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment})


def _wait_until_healthy(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/healthz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError(f"the textbook service did not start within {START_SECONDS} s; its log stands above")
