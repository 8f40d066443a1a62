"""What is looked at while a soak runs: alerts, and the size of every process of ours."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import httpx

from bench.stacks import Platform
from stack.supervision import Supervisor
from tests.drills.alerts import firing, names
from tests.soak.growth import Measured

QUESTIONS = {
    "memory": 'process_resident_memory_bytes{kind="service"}',
    "open files": 'process_open_fds{kind="service"}',
    "series": 'scrape_samples_scraped{kind="service"}',
}


class Watching:
    """Remembers every figure and every alert that it saw."""

    def __init__(self, platform: Platform) -> None:
        self.alerts: set[str] = set()
        self._platform = platform
        self._values: dict[tuple[str, str], list[float]] = defaultdict(list)

    def look_at_alerts(self) -> None:
        """What fires now, but for Watchdog."""
        self.alerts |= names(firing(self._platform.prometheus_url))

    def measure(self) -> None:
        """Every figure of every process of ours once."""
        for what, question in QUESTIONS.items():
            for process, value in self._asked(question).items():
                self._values[process, what].append(value)
        for process, count in self._threads().items():
            self._values[process, "threads"].append(count)

    def measured(self) -> list[Measured]:
        """All of it, by process."""
        return [Measured(process, what, values) for (process, what), values in sorted(self._values.items())]

    def _asked(self, question: str) -> dict[str, float]:
        answer = httpx.get(f"{self._platform.prometheus_url}/api/v1/query", params={"query": question}, timeout=10)
        found = answer.raise_for_status().json()["data"]["result"]
        return {series["metric"]["process"]: float(series["value"][1]) for series in found}

    def _threads(self) -> dict[str, int]:
        own = {process.name for process in self._platform.stack.processes if process.kind == "service"}
        infos = Supervisor(self._platform.stack.layout).infos()
        return {info.name: _threads_of(info.pid) for info in infos if info.name in own and info.pid}


def _threads_of(pid: int) -> int:
    """Of the process and its children: a web process has a worker. A thread that ends meanwhile is none."""
    count, children = 0, []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            children += (task / "children").read_text().split()
            count += 1
    return count + sum(_threads_of(int(child)) for child in children)
