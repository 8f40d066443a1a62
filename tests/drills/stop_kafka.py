"""Kafka is stopped or frozen: transfers go on, the topic falls behind, and what waited is published in order then."""

import itertools
import os
import signal
import time
from collections.abc import Mapping, Sequence

from bench.stacks import Platform
from bench.topic import read_topic
from stack.supervision import Supervisor
from tests.drills import pace
from tests.drills.alerts import Alert
from tests.drills.metrics import query

PROCESS = "kafka"
LAG = "max(relay_lag_positions)"
AWAY_SECONDS = 40
"""The relay looks at the distance again when a batch has failed, for which it waits 15 s."""


class KafkaAway:
    """It comes back when its alert has fired, and not before AWAY_SECONDS."""

    name: str
    alerts: Sequence[Alert] = (Alert("KafkaDown"),)
    silence_limit_s = 5.0

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._before: list[pace.Look] = []
        self._then: list[pace.Look] = []
        self._drain: list[pace.Look] = []
        self._lag = 0.0
        self.ended_at = 0.0

    @property
    def platform(self) -> Platform:
        assert self._platform is not None
        return self._platform

    def aim(self, platform: Platform) -> None:
        """Look how fast transfers are accepted with Kafka there."""
        self._platform = platform
        with platform.api() as api:
            self._before = pace.usual(api)

    def inject(self) -> None:
        self.take_away()
        with self.platform.api() as api:
            self._then = [pace.look(api)]

    def heal(self) -> None:
        """Look how far the topic is behind, by the metric and by the ledger itself; then let it catch up."""
        time.sleep(max(0.0, self._then[0].at + AWAY_SECONDS - time.monotonic()))
        self._lag = query(self.platform, LAG) or 0.0
        with self.platform.api() as api:
            self._then.append(pace.look(api))
            self.bring_back()
            self.ended_at = time.time()
            self._drain = pace.drain(api)

    def take_away(self) -> None:
        raise NotImplementedError

    def bring_back(self) -> None:
        raise NotImplementedError

    def figures(self) -> Mapping[str, float]:
        """How far the topic was behind at the end, in positions, and as the metric told; what was decided and published
        a second; how long the topic took to catch up."""
        return {
            "unpublished_then": self._then[-1].behind,
            "relay_lag_positions_then": self._lag,
            "accepted_per_second_before": pace.decided_per_second(*self._before),
            "accepted_per_second_then": pace.decided_per_second(*self._then),
            "drained_per_second": pace.drained_per_second(self._drain),
            "drained_after_seconds": round(self._drain[-1].at - self._drain[0].at, 1),
        }

    def findings(self, platform: Platform) -> list[str]:
        """The distance grew and is gone, the pace was kept; all is on the topic, in order in each partition."""
        told, true = self._lag, self._then[-1].behind
        found = [] if 2 * told > true > 0 else [f"{true} positions were unpublished, relay_lag_positions was {told:g}"]
        before, then = pace.decided_per_second(*self._before), pace.decided_per_second(*self._then)
        found += pace.wrong_pace(before, then, pace.drained_per_second(self._drain))
        return [*found, *out_of_order(platform), *platform.unhealthy()]


class StopKafka(KafkaAway):
    """Stopped as an operator would, so that nothing brings it back; started again once its alert has fired."""

    name = "stop-kafka"

    def take_away(self) -> None:
        Supervisor(self.platform.stack.layout).stop_process(PROCESS)

    def bring_back(self) -> None:
        Supervisor(self.platform.stack.layout).start_process(PROCESS)


class FreezeKafka(KafkaAway):
    """SIGSTOP: it keeps its connections, accepts new ones, and acknowledges nothing."""

    name = "freeze-kafka"

    def take_away(self) -> None:
        os.kill(self.platform.stack.pid(PROCESS), signal.SIGSTOP)

    def bring_back(self) -> None:
        os.kill(self.platform.stack.pid(PROCESS), signal.SIGCONT)


def out_of_order(platform: Platform) -> list[str]:
    """One sentence for each partition of the topic in which a position comes after a later one, or after itself."""
    found = []
    for partition, positions in read_topic(platform.kafka_bootstrap_servers).items():
        back = sum(after <= before for before, after in itertools.pairwise(positions))
        found += [f"partition {partition} goes back {back} times"] if back else []
    return found
