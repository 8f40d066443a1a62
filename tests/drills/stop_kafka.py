"""Kafka is stopped: transfers go on, the topic falls behind, and what waited is published in order when it is back."""

import itertools
from collections.abc import Mapping, Sequence

from bench.stacks import Platform
from bench.topic import read_topic
from stack.supervision import Supervisor
from tests.drills.alerts import Alert
from tests.drills.metrics import query

PROCESS = "kafka"
LAG = "max(relay_lag_positions)"


class StopKafka:
    """Stopped as an operator would, so that nothing brings it back; started again once its alert has fired."""

    name = "stop-kafka"
    alerts: Sequence[Alert] = (Alert("KafkaDown"),)
    silence_limit_s = 5.0

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._lag = 0.0

    def aim(self, platform: Platform) -> None:
        self._platform = platform

    def inject(self) -> None:
        self._supervisor().stop_process(PROCESS)

    def heal(self) -> None:
        """Look how far the topic is behind, then start Kafka."""
        assert self._platform is not None
        self._lag = query(self._platform, LAG) or 0.0
        self._supervisor().start_process(PROCESS)

    def figures(self) -> Mapping[str, float]:
        """By how many positions the topic was behind at the end of the outage."""
        return {"most_unpublished": self._lag}

    def findings(self, platform: Platform) -> list[str]:
        """The distance grew and is gone; every position is on the topic, and each partition's are in order."""
        found = [] if self._lag > 0 else ["relay_lag_positions did not grow while Kafka was away"]
        topic = read_topic(platform.kafka_bootstrap_servers)
        for partition, positions in topic.items():
            back = sum(after <= before for before, after in itertools.pairwise(positions))
            found += [f"partition {partition} goes back {back} times"] if back else []
        return [*found, *platform.unhealthy()]

    def _supervisor(self) -> Supervisor:
        assert self._platform is not None
        return Supervisor(self._platform.stack.layout)
