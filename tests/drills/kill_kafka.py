"""kill -9 of Kafka and of ZooKeeper, SIGSTOP of ZooKeeper: transfers do not wait for them, events stay in order."""

import os
import signal
import time
from collections.abc import Sequence

from bench.stacks import Platform
from tests.drills import frame
from tests.drills.alerts import Alert
from tests.drills.kill_process import KillProcess
from tests.drills.stop_kafka import out_of_order

FROZEN_SECONDS = 20
"""Longer than the broker's session, which ends after 6 s."""


class KillKafka(KillProcess):
    """The relay sends again what it had no acknowledgement for, and the idempotent producer's broker knows it."""

    name, process = "kill-kafka", "kafka"

    @property
    def alerts(self) -> Sequence[Alert]:
        """It exports no start time of its own."""
        return (Alert("KafkaRestarted"), Alert("KafkaDown"))

    def findings(self, platform: Platform) -> list[str]:
        """Each partition's positions are in order, and none is there twice."""
        return [*out_of_order(platform), *frame.until_healthy(platform)]


class KillZooKeeper(KillKafka):
    """The broker holds its session open until it is back."""

    name, process = "kill-zookeeper", "zookeeper"

    @property
    def alerts(self) -> Sequence[Alert]:
        return (Alert("ZooKeeperRestarted"), Alert("ZooKeeperDown"))


class FreezeZooKeeper(KillZooKeeper):
    """SIGSTOP until the broker's session is over: when it wakes, the broker registers itself anew."""

    name = "freeze-zookeeper"

    def __init__(self) -> None:
        super().__init__()
        self._began = 0.0

    @property
    def alerts(self) -> Sequence[Alert]:
        return (Alert("ZooKeeperDown"),)

    def inject(self) -> None:
        self._began = time.monotonic()
        os.kill(self._pid, signal.SIGSTOP)

    def heal(self) -> None:
        time.sleep(max(0.0, self._began + FROZEN_SECONDS - time.monotonic()))
        os.kill(self._pid, signal.SIGCONT)
        self.ended_at = time.time()
