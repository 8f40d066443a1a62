"""The network between our processes and MongoDB and Kafka is slow, or cut.

For that the two servers move to ports that nobody knows, and lines listen in their places: no process of ours notices,
and no rights on the machine are needed.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.stacks import Platform, free_port
from stack.restart import restart
from stack.state import HOST
from stack.supervision import Supervisor
from tests.drills import frame, pace
from tests.drills.alerts import Alert
from tests.drills.metrics import total
from tests.drills.relaunch import stop
from tests.drills.slow_line import SlowLine
from tests.drills.stop_kafka import out_of_order
from tests.drills.writers import the_writer

ROUND_TRIP_SECONDS = 0.1
SLOW_SECONDS = 40
CUT_SECONDS = 20


class NetworkFault:
    """What happens to every line at once; it lasts until its alert has fired, and not less than `lasts_seconds`."""

    name: str
    alerts: Sequence[Alert]
    silence_limit_s: float
    lasts_seconds: float

    def __init__(self, lines: Sequence[SlowLine]) -> None:
        self.lines = lines
        self._platform: Platform | None = None
        self._pids: dict[str, int] = {}
        self._began = self.ended_at = 0.0

    @property
    def platform(self) -> Platform:
        assert self._platform is not None
        return self._platform

    def aim(self, platform: Platform) -> None:
        self._platform = platform
        self._pids = _running(platform)

    def inject(self) -> None:
        self._began = time.monotonic()
        self.impair()

    def heal(self) -> None:
        time.sleep(max(0.0, self._began + self.lasts_seconds - time.monotonic()))
        self.repair()
        self.ended_at = time.time()
        frame.until_healthy(self.platform)

    def impair(self) -> None:
        raise NotImplementedError

    def repair(self) -> None:
        raise NotImplementedError

    def findings(self, platform: Platform) -> list[str]:
        """Nothing was started anew, and the topic is in order."""
        now = _running(platform)
        found = [f"{name} was restarted" for name, pid in self._pids.items() if now[name] != pid]
        return [*found, *out_of_order(platform), *platform.unhealthy()]


class SlowNetwork(NetworkFault):
    """Every question takes 100 ms longer, as between two continents: a transfer needs several."""

    name, lasts_seconds = "slow-network", SLOW_SECONDS
    alerts: Sequence[Alert] = (Alert("TransferLatencyBudgetBurn"), Alert("MongoSlow"))
    silence_limit_s = 5.0

    def __init__(self, lines: Sequence[SlowLine]) -> None:
        super().__init__(lines)
        self._before: list[pace.Look] = []
        self._then: list[pace.Look] = []
        self._epoch = 0.0

    def aim(self, platform: Platform) -> None:
        super().aim(platform)
        self._epoch = _epoch(platform)
        with platform.api() as api:
            self._before = pace.usual(api)

    def impair(self) -> None:
        for line in self.lines:
            line.lengthen(ROUND_TRIP_SECONDS)
        self._look()

    def repair(self) -> None:
        self._look()
        for line in self.lines:
            line.lengthen(0.0)

    def figures(self) -> Mapping[str, float]:
        """How many transfers a second were decided."""
        return {
            "accepted_per_second_before": pace.decided_per_second(*self._before),
            "accepted_per_second_then": pace.decided_per_second(*self._then),
        }

    def findings(self, platform: Platform) -> list[str]:
        """And who is slow and lives keeps its lease."""
        taken = _epoch(platform) - self._epoch
        return [*super().findings(platform), *([f"the writer's lease was taken anew {taken:g} times"] if taken else [])]

    def _look(self) -> None:
        with self.platform.api() as api:
            self._then.append(pace.look(api))


class CutNetwork(NetworkFault):
    """Nothing passes, and no connection is told of it; what was sent meanwhile arrives in the end."""

    name, lasts_seconds = "cut-network", CUT_SECONDS
    alerts: Sequence[Alert] = (Alert("MongoDown"), Alert("KafkaDown"))
    silence_limit_s = frame.ALERT_LIMIT_SECONDS + 30.0

    def impair(self) -> None:
        for line in self.lines:
            line.hold()

    def repair(self) -> None:
        for line in self.lines:
            line.let_pass()


def run(kind: type[NetworkFault], platform: Platform, console: Console) -> frame.Report:
    """Drill a running platform, whose servers are where they were in the end."""
    with _behind_lines(platform) as lines:
        return frame.run(kind(lines), platform, console)


@dataclass(frozen=True)
class _Moved:
    """A server whose configuration names its port in this line of this file, and what the line is to be."""

    process: str
    file: str
    before: str
    after: str


SERVERS = (
    _Moved("mongod", "mongod.yaml", "  port: {port}", "  port: {hidden}"),
    _Moved(
        "kafka",
        "kafka.properties",
        "listeners=PLAINTEXT://{host}:{port}",
        "listeners=PLAINTEXT://{host}:{hidden}\nadvertised.listeners=PLAINTEXT://{host}:{port}",
    ),
)


@contextmanager
def _behind_lines(platform: Platform) -> Iterator[list[SlowLine]]:
    lines: list[SlowLine] = []
    texts: dict[_Moved, str] = {}
    try:
        for server in SERVERS:
            path = _config(platform, server)
            texts[server] = path.read_text(encoding="utf-8")
            ports = {"host": HOST, "port": platform.stack.port(server.process), "hidden": free_port()}
            stop(platform, [server.process])
            path.write_text(moved(texts[server], server.before.format(**ports), server.after.format(**ports)))
            lines.append(SlowLine(ports["port"], ports["hidden"]))
            restart(platform.stack, server.process)
        yield lines
    finally:
        for server, text in texts.items():
            stop(platform, [server.process])
            _config(platform, server).write_text(text, encoding="utf-8")
        for line in lines:
            line.close()
        for server in texts:
            restart(platform.stack, server.process)


def moved(text: str, before: str, after: str) -> str:
    """The configuration with one line replaced; ValueError unless it is there once."""
    lines = text.splitlines()
    if lines.count(before) != 1:
        raise ValueError(f"{before!r} is there {lines.count(before)} times")
    return "\n".join(after if line == before else line for line in lines) + "\n"


def _config(platform: Platform, server: _Moved) -> Path:
    return platform.stack.layout.config / server.file


def _epoch(platform: Platform) -> float:
    """Of the ledger's lease: it grows with every taking."""
    return total(platform, the_writer(platform), "ledger_lease_epoch")


def _running(platform: Platform) -> dict[str, int]:
    return {info.name: info.pid for info in Supervisor(platform.stack.layout).infos()}
