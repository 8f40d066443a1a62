"""Kafka is stopped: transfers go on, the topic falls behind, and what waited is published in order when it is back."""

import itertools
import time
from collections.abc import Mapping, Sequence

from bench.stacks import Platform
from bench.topic import read_topic
from stack.supervision import Supervisor
from tests.drills.alerts import Alert
from tests.drills.metrics import query

PROCESS = "kafka"
LAG = "max(relay_lag_positions)"
AWAY_SECONDS = 40
"""The relay looks at the distance again when a batch has failed, for which it waits 15 s."""


class StopKafka:
    """Stopped as an operator would, so that nothing brings it back; started again once its alert has fired."""

    name = "stop-kafka"
    alerts: Sequence[Alert] = (Alert("KafkaDown"),)
    silence_limit_s = 5.0

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._lag = self._unpublished = 0.0
        self._began = 0.0

    def aim(self, platform: Platform) -> None:
        self._platform = platform

    def inject(self) -> None:
        self._began = time.monotonic()
        self._supervisor().stop_process(PROCESS)

    def heal(self) -> None:
        """Look how far the topic is behind, by the metric and by the ledger itself; then start Kafka."""
        assert self._platform is not None
        time.sleep(max(0.0, self._began + AWAY_SECONDS - time.monotonic()))
        self._lag = query(self._platform, LAG) or 0.0
        with self._platform.api() as api:
            summary = api.summary()
        self._unpublished = summary.head - summary.published
        self._supervisor().start_process(PROCESS)

    def figures(self) -> Mapping[str, float]:
        """By how many positions the topic was behind at the end of the outage, and how many the metric told of."""
        return {"unpublished_then": self._unpublished, "relay_lag_positions_then": self._lag}

    def findings(self, platform: Platform) -> list[str]:
        """The distance grew and is gone; every position is on the topic, and each partition's are in order."""
        told, true = self._lag, self._unpublished
        found = (
            [] if 2 * told > true > 0 else [f"{true:g} positions were unpublished, relay_lag_positions was {told:g}"]
        )
        topic = read_topic(platform.kafka_bootstrap_servers)
        for partition, positions in topic.items():
            back = sum(after <= before for before, after in itertools.pairwise(positions))
            found += [f"partition {partition} goes back {back} times"] if back else []
        return [*found, *platform.unhealthy()]

    def _supervisor(self) -> Supervisor:
        assert self._platform is not None
        return Supervisor(self._platform.stack.layout)
