"""What the relay's and the consumer's figures are made of, without a Kafka."""

import time

import orjson
import pytest

from bench.kafka_runs import FIRST, Cost, Counting, records
from bench.relay import claims


def costs(
    relay: float, one_by_one: float, defaults: float, consumer: float, default_consumer: float
) -> dict[str, Cost]:
    """By what each did for a second of CPU."""
    each = {"relay": relay, "one_by_one": one_by_one, "defaults": defaults}
    each |= {"consumer": consumer, "default_consumer": default_consumer}
    return {who: Cost(records=int(rate), cpu_seconds=1.0, seconds=2.0) for who, rate in each.items()}


def test_what_is_compared_is_records_for_a_second_of_cpu() -> None:
    found = claims([costs(60_000, 2_000, 25_000, 19_000, 20_000)])

    assert [(claim.ratio, claim.goal, claim.holds) for claim in found] == [
        (30.0, 20.0, True),
        (2.4, 2.0, True),
        (0.95, 0.9, True),
    ]


def test_what_is_sent_is_an_event_of_the_contract_with_a_header_of_its_own() -> None:
    sent = list(records("a-topic", 3))

    assert len({dict(record.headers)["ce_id"] for record in sent}) == 3
    assert {record.topic for record in sent} == {"a-topic"}
    assert orjson.loads(sent[0].value or b"")["type"] == "transfer.posted"


def test_the_first_records_are_not_measured() -> None:
    counting = Counting(500)

    assert not counting.read(FIRST)
    for _ in range(200_000):  # some CPU, so that there is something to measure
        time.process_time()
    assert not counting.read(499)
    assert counting.read(1)
    assert counting.cost is not None
    assert counting.cost.records == 500
    assert counting.cost.cpu_seconds > 0


@pytest.mark.parametrize("size", [1, 499])
def test_too_few_records_are_no_measurement(size: int) -> None:
    counting = Counting(500)
    counting.read(FIRST)

    assert not counting.read(size)
    assert counting.cost is None
