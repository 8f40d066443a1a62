"""Records go where kafka-python's own partitioner, and so every other client, puts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner import DefaultPartitioner

from service_kit.kafka.partitions import RememberingPartitioner, partition_of

TOPIC = "transactions"


class Cluster:
    """As kafka-python's: what is known of topics."""

    def __init__(self, partitions: int) -> None:
        self._topics = {TOPIC: set(range(partitions))}

    def topics(self) -> set[str]:
        return set(self._topics)

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return self._topics.get(topic)

    def available_partitions_for_topic(self, topic: str) -> set[int] | None:
        return self._topics.get(topic)


@given(st.lists(st.binary(max_size=40), min_size=1), st.integers(1, 30))
def test_every_key_goes_where_the_clients_own_partitioner_puts_it(keys, partitions):
    ours, theirs, cluster = RememberingPartitioner(), DefaultPartitioner(), Cluster(partitions)
    for key in keys * 2:
        expected = theirs.partition(TOPIC, None, key, None, None, cluster)
        assert ours.partition(TOPIC, None, key, None, None, cluster) == expected == partition_of(key, partitions)


def test_a_topic_that_grows_moves_the_keys_that_were_remembered():
    ours, keys = RememberingPartitioner(), [str(number).encode() for number in range(50)]
    for partitions in (3, 12):
        there = {ours.partition(TOPIC, None, key, None, None, Cluster(partitions)) for key in keys}
        assert there == set(range(partitions))


def test_a_record_without_a_key_goes_to_any_partition():
    assert RememberingPartitioner().partition(TOPIC, None, None, None, b"{}", Cluster(1)) == 0


def test_an_unknown_topic_is_an_error():
    with pytest.raises(ValueError, match="payments"):
        RememberingPartitioner().partition("payments", None, b"key", None, None, Cluster(1))
