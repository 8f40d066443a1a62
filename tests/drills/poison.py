"""Messages that are no events: they go to the dead letters with their cause, and all others are handled."""

import time
import uuid
from collections.abc import Sequence

from kafka import KafkaProducer

from bench.stacks import Platform
from contracts import topics
from tests.drills.alerts import Alert
from tests.drills.metrics import total

POISON = (b"\x00not json", b"[1, 2]", b'{"type": "transfer.posted", "position": "the last"}')


class Poison:
    """As from a broken producer beside the relay."""

    name = "poison"
    alerts: Sequence[Alert] = (Alert("DlqGrowing", {"messaging_destination_name": topics.TRANSACTIONS}),)
    silence_limit_s = 5.0

    def __init__(self) -> None:
        self._bootstrap_servers = ""
        self.ended_at = 0.0

    def aim(self, platform: Platform) -> None:
        self._bootstrap_servers = platform.kafka_bootstrap_servers

    def inject(self) -> None:
        producer = KafkaProducer(bootstrap_servers=self._bootstrap_servers)
        for value in POISON:
            producer.send(topics.TRANSACTIONS, key=uuid.uuid4().bytes, value=value).get(timeout=10)
        producer.close()
        self.ended_at = time.time()

    def heal(self) -> None:
        """Nothing is broken: the messages are out of the way."""

    def findings(self, platform: Platform) -> list[str]:
        """Each consumer of the topic has buried each message once."""
        found = platform.unhealthy()
        for process in ("notification-consumer", "analytics-ingester"):
            buried = total(platform, process, "messaging_consumer_dead_letters_total")
            if buried != len(POISON):
                found.append(f"{process} buried {buried:g} messages, {len(POISON)} were poisoned")
        return found
