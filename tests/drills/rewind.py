"""The offsets of a consumer's group go back by ten thousand records: they come again, and their effect doesn't."""

import time
from collections.abc import Sequence

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import NoError
from kafka.structs import OffsetAndMetadata

from bench.stacks import Platform
from contracts import topics
from stack.supervision import Supervisor
from tests.drills.alerts import Alert
from tests.drills.metrics import total

BACK = 10_000
ENOUGH_WITHIN_SECONDS = 180
STOP_SECONDS = 30
GROUPS = {
    "notification-consumer": "notification_suppressed_duplicates_total",
    "analytics-ingester": "lake_suppressed_duplicates_total",
}
"""Process (its group has the same name) -> the metric that counts what it knew already."""


class Rewind:
    """Both consumers are stopped, as Kafka demands before offsets may be changed, set back and started."""

    name = "rewind"
    alerts: Sequence[Alert] = tuple(Alert("EventsRedelivered", {"process": process}) for process in GROUPS)
    silence_limit_s = 5.0
    load_seconds = 120.0
    """Long enough for so many records, also on a new stack, and for load while they come again."""

    def __init__(self) -> None:
        self._platform: Platform | None = None
        self._rewound: dict[str, int] = {}
        self.ended_at = 0.0

    def aim(self, platform: Platform) -> None:
        self._platform = platform
        admin = KafkaAdminClient(bootstrap_servers=platform.kafka_bootstrap_servers)
        deadline = time.monotonic() + ENOUGH_WITHIN_SECONDS
        while any(sum(handled(admin, group).values()) < BACK for group in GROUPS):
            if time.monotonic() > deadline:
                raise RuntimeError(f"no {BACK:,} records came within {ENOUGH_WITHIN_SECONDS} s")
            time.sleep(1)
        admin.close()

    def inject(self) -> None:
        assert self._platform is not None
        supervisor = Supervisor(self._platform.stack.layout)
        for process in GROUPS:
            supervisor.stop_process(process)
        supervisor.wait_until_stopped(GROUPS, STOP_SECONDS)
        admin = KafkaAdminClient(bootstrap_servers=self._platform.kafka_bootstrap_servers)
        self._rewound = {group: rewind(admin, group, BACK) for group in GROUPS}
        admin.close()
        for process in GROUPS:
            supervisor.start_process(process)
        self.ended_at = time.time()

    def heal(self) -> None:
        """The consumers do: they know what they have handled."""

    def findings(self, platform: Platform) -> list[str]:
        """Every record that came again was known as such."""
        found = platform.unhealthy()
        found += [
            f"{group} went back by {count:,} records only" for group, count in self._rewound.items() if count < BACK
        ]
        for process, metric in GROUPS.items():
            suppressed = total(platform, process, metric)
            if suppressed < self._rewound[process]:
                found.append(f"{process} knew {suppressed:g} events again of {self._rewound[process]} that came again")
        return found


def rewind(admin: KafkaAdminClient, group: str, back: int) -> int:
    """Set the group's offsets on topic `transactions` back by `back` records in all; returns by how many it was.

    Raises RuntimeError when Kafka refuses, as it does while the group has members.
    """
    here = handled(admin, group)
    earlier, left = {}, back
    for n, (partition, offset) in enumerate(sorted(here.items(), key=lambda entry: entry[1])):
        earlier[partition] = max(
            0, offset - -(-left // (len(here) - n))
        )  # what a short one lacks, the longer ones give
        left -= offset - earlier[partition]
    wanted = {partition: OffsetAndMetadata(offset, "", -1) for partition, offset in earlier.items()}
    refused = {p: error for p, error in admin.alter_group_offsets(group, wanted).items() if error is not NoError}
    if refused:
        raise RuntimeError(f"the offsets of {group} can't be set: {refused}")
    return sum(here[partition] - earlier[partition] for partition in here)


def handled(admin: KafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    """The group's offsets on topic `transactions`: how many records of each partition it has handled."""
    committed = admin.list_group_offsets(group)[group]
    return {partition: at.offset for partition, at in committed.items() if partition.topic == topics.TRANSACTIONS}
