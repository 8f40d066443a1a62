"""`python -m service_kit.topics`: create the topics of contracts/topics.yaml, and say where one differs from it.

Idempotent, and it never changes a topic that exists: more partitions would move keys to other partitions, which is a
decision for a person.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from contracts.topics import Topic, topics
from service_kit.kafka.connections import require_answer, servers
from service_kit.kafka.errors import KafkaMisconfigured

VARIABLE = "KAFKA_BOOTSTRAP_SERVERS"
# Dead letters wait for a person: two weeks. They are a little larger than the messages that they hold.
DEAD_LETTERS_CONFIG = {"retention.ms": str(14 * 24 * 3600 * 1000), "max.message.bytes": str(2 * 1024 * 1024)}
REPLICATION_FACTOR = 1


@dataclass(frozen=True)
class Wanted:
    """A topic as it should be."""

    partitions: int
    config: Mapping[str, str]


def wanted_topics(contracts: Mapping[str, Topic]) -> dict[str, Wanted]:
    """Each topic, and beside each that has consumers its dead letters, with one partition: they come one by one."""
    wanted = {name: Wanted(topic.partitions, topic.config) for name, topic in contracts.items()}
    dead = {topic.dead_letters: Wanted(1, DEAD_LETTERS_CONFIG) for topic in contracts.values() if topic.consumers}
    return wanted | dead


def differences(name: str, wanted: Wanted, partitions: int, config: Mapping[str, str]) -> list[str]:
    """What an existing topic has otherwise, one line each."""
    lines = []
    if partitions != wanted.partitions:
        lines.append(f"{name}: {partitions} partitions, topics.yaml says {wanted.partitions}")
    for key, value in wanted.config.items():
        if config.get(key) != value:
            lines.append(f"{name}: {key}={config.get(key)}, topics.yaml says {value}")
    return lines


def create_missing(admin: Any, wanted: Mapping[str, Wanted]) -> tuple[list[str], list[str]]:
    """Create what isn't there, and wait until it has leaders.

    Returns:
        The names created, and the lines about topics that exist with other settings.

    Raises:
        KafkaError: the broker is away or refuses.
    """
    existing = set(admin.list_topics()) & set(wanted)
    missing = [name for name in wanted if name not in existing]
    if missing:
        specification = {
            name: {
                "num_partitions": wanted[name].partitions,
                "replication_factor": REPLICATION_FACTOR,
                "configs": dict(wanted[name].config),
            }
            for name in missing
        }
        # Another set-up that runs at the same time may have been quicker: what counts is that they are there.
        with suppress(TopicAlreadyExistsError):
            admin.create_topics(specification, timeout_ms=15_000)
        admin.wait_for_topics(missing, timeout_ms=15_000)
    return missing, _compare(admin, {name: wanted[name] for name in sorted(existing)})


def _compare(admin: Any, wanted: Mapping[str, Wanted]) -> list[str]:
    if not wanted:
        return []
    partitions = {each["name"]: len(each["partitions"]) for each in admin.describe_topics(list(wanted))}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in wanted]
    described = admin.describe_configs(resources, config_filter="all")["topic"]
    lines = []
    for name, each in wanted.items():
        config = {key: entry["value"] for key, entry in described[name].items()}
        lines += differences(name, each, partitions[name], config)
    return lines


def main() -> int:
    """Create the topics. Exit code 0: all are there, differing or not; 1: Kafka is away; 2: a bad variable."""
    try:
        addresses = servers(os.environ.get(VARIABLE, ""))
    except KafkaMisconfigured as error:
        return _say(str(error), 2)
    try:
        require_answer(addresses)
        with KafkaAdminClient(bootstrap_servers=addresses, client_id="topics", bootstrap_timeout_ms=15_000) as admin:
            created, differing = create_missing(admin, wanted_topics(topics()))
    except KafkaError as error:
        return _say(f"topics: Kafka at {', '.join(addresses)}: {error}", 1)
    for line in differing:
        _say(f"topics: {line} (left as it is)", 0)
    return _say(f"topics: created {', '.join(created) or 'none'}, {len(topics())} in topics.yaml", 0)


def _say(line: str, code: int) -> int:
    print(line, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
