"""A thousand messages in a row that are no events: consumers halt, and get past them by being started again."""

import itertools
import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
from kafka import KafkaProducer

from bench.stacks import Platform
from contracts import topics
from stack.supervision import STOP_SECONDS, Supervisor
from tests.drills.alerts import Alert
from tests.drills.metrics import total
from tests.drills.poison import POISON

FLOOD = 1_000
CONSUMERS = ("notification-consumer", "analytics-ingester")
HEAL_SECONDS = 1_200
"""Each start buries some twenty before it halts again, so that there are about fifty of each."""
POLL_SECONDS = 0.25


class PoisonFlood:
    """As from a producer that was rolled out wrong, and rolled back once its alert has fired."""

    name = "poison-flood"
    alerts: Sequence[Alert] = (Alert("ConsumerHalted", {"messaging_consumer_group_name": CONSUMERS[0]}),)
    silence_limit_s = 5.0

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._began: dict[str, float] = {}
        self._buried: dict[str, float] = {}
        self._starts: dict[str, int] = {}
        self._heal_seconds = 0.0
        self.ended_at = 0.0

    def aim(self, platform: Platform) -> None:
        self._platform = platform
        self._began = {process: _buried(platform, process) for process in CONSUMERS}

    def inject(self) -> None:
        assert self._platform is not None
        producer = KafkaProducer(bootstrap_servers=self._platform.kafka_bootstrap_servers)
        for value in itertools.islice(itertools.cycle(POISON), FLOOD):
            producer.send(topics.TRANSACTIONS, key=uuid.uuid4().bytes, value=value)
        producer.flush(timeout=30)
        producer.close()
        self.ended_at = time.time()

    def heal(self) -> None:
        """As the runbook says, for each consumer: start it again until it no longer halts."""
        began = time.monotonic()
        with ThreadPoolExecutor() as threads:
            list(threads.map(self._start_until_past, CONSUMERS))
        self._heal_seconds = time.monotonic() - began

    def findings(self, platform: Platform) -> list[str]:
        """Each consumer has buried each message once, and none halts."""
        found = platform.unhealthy()
        for process in CONSUMERS:
            if self._buried.get(process) != FLOOD:
                found.append(f"{process} buried {self._buried.get(process)} messages, {FLOOD} were poisoned")
        return found

    def figures(self) -> Mapping[str, float]:
        """What it took."""
        starts = {f"starts_of_{process.replace('-', '_')}": float(count) for process, count in self._starts.items()}
        return {**starts, "heal_seconds": round(self._heal_seconds, 1)}

    def _start_until_past(self, process: str) -> None:
        assert self._platform is not None
        platform, supervisor = self._platform, Supervisor(self._platform.stack.layout)
        deadline = time.monotonic() + HEAL_SECONDS
        before, self._starts[process] = -self._began[process], 0
        while time.monotonic() < deadline:
            halted = total(platform, process, "messaging_consumer_halted")
            buried = before + _buried(platform, process)  # asked for after that: of who has halted it stays so
            if buried >= FLOOD and not halted:
                break
            if halted:
                before = buried
                supervisor.stop_process(process)
                supervisor.wait_until_stopped([process], STOP_SECONDS + 5)
                supervisor.start_process(process)
                _until_up(platform, process, deadline)
                self._starts[process] += 1
            time.sleep(POLL_SECONDS)
        self._buried[process] = before + _buried(platform, process)


def _buried(platform: Platform, process: str) -> float:
    return total(platform, process, "messaging_consumer_dead_letters_total")


def _until_up(platform: Platform, process: str, deadline: float) -> None:
    """Until it serves its figures."""
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{platform.url(process)}/metrics", timeout=5).raise_for_status()
        except httpx.TransportError:
            time.sleep(POLL_SECONDS)
        else:
            return
