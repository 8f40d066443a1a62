"""What publishing and consuming cost, against kafka-python as it comes: records for each second of CPU."""

import argparse
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from rich.console import Console

from bench.claims import Claim, Round, claim_from
from bench.kafka_runs import FIRST, Cost, measured
from bench.stacks import add_stack_arguments, chosen_stack
from contracts import topics

UNIT = "records a second of CPU"
ONE_BY_ONE, DEFAULTS, CONSUMER = 20.0, 2.0, 0.9
"""Goals. A consumer that commits what is done, and no sooner, may take a tenth more than one that doesn't care."""
SLOW_SHARE = 20
"""One by one takes so long that a twentieth of the records must do."""
Costs = dict[str, Cost]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run; the defaults take about two minutes."""
    parser.add_argument("--rounds", type=int, default=5, help="of each, in turn (default 5)")
    parser.add_argument("--records", type=int, default=60_000, help="of a round (default 60,000)")
    add_stack_arguments(parser, default=".stack-bench")


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge."""
    console, rounds = Console(), []
    with chosen_stack(options, console, ["kafka"]) as platform:
        for number in range(options.rounds):
            with _topic(platform.kafka_bootstrap_servers) as topic:
                costs = _round(platform.kafka_bootstrap_servers, topic, options.records, number)
            told = "   ".join(f"{who} {cost.per_cpu_second:,.0f}" for who, cost in costs.items())
            console.print(f"  round {number + 1}: {UNIT}: {told}")
            rounds.append(costs)
    return claims(rounds)


def claims(rounds: list[Costs]) -> list[Claim]:
    """What the rounds prove."""

    def judge(name: str, ours: str, theirs: str, goal: float, against: str) -> Claim:
        pairs = [Round(costs[ours].per_cpu_second, costs[theirs].per_cpu_second) for costs in rounds]
        return claim_from(pairs, claim=name, unit=UNIT, goal=goal, against=against)

    sent, read = "records that the relay sends for its CPU", "records that a consumer reads for its CPU"
    default = "KafkaProducer with its own settings, flushed for each batch of the relay's"
    automatic = "KafkaConsumer with its own settings, which commits by itself"
    return [
        judge(f"{sent}, against send().get()", "relay", "one_by_one", ONE_BY_ONE, "KafkaProducer.send().get()"),
        judge(f"{sent}, against a default producer", "relay", "defaults", DEFAULTS, default),
        judge(f"{read}, against a default consumer", "consumer", "default_consumer", CONSUMER, automatic),
    ]


def _round(bootstrap: str, topic: str, count: int, number: int) -> Costs:
    """All of them once; who comes first alternates. Raises RuntimeError where the topic has not what was sent."""
    sending, reading = ["relay", "one_by_one", "defaults"], ["consumer", "default_consumer"]
    if number % 2:
        sending, reading = sending[::-1], reading[::-1]
    sizes = {who: count // SLOW_SHARE if who == "one_by_one" else count for who in sending}
    costs = {who: measured(who, bootstrap, topic, size) for who, size in sizes.items()}
    due = sum(size + min(FIRST, size) for size in sizes.values())
    if (there := _length(bootstrap, topic)) != due:
        raise RuntimeError(f"{due} records were acknowledged, {there} are on the topic")
    return costs | {who: measured(who, bootstrap, topic, count) for who in reading}


def _length(bootstrap: str, topic: str) -> int:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
        return sum(consumer.end_offsets(partitions).values())
    finally:
        consumer.close()


@contextmanager
def _topic(bootstrap: str) -> Iterator[str]:
    """A topic like `transactions`, for a round."""
    name = f"bench-{uuid.uuid4()}"
    partitions = topics.topics()[topics.TRANSACTIONS].partitions
    made = {name: {"num_partitions": partitions, "replication_factor": 1}}
    with KafkaAdminClient(bootstrap_servers=bootstrap, client_id="bench") as admin:
        admin.create_topics(made, wait_for_metadata=True)
        try:
            yield name
        finally:
            admin.delete_topics([name])
