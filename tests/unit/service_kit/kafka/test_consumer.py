from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from kafka import TopicPartition
from kafka.errors import CommitFailedError, KafkaTimeoutError, UnsupportedCodecError
from kafka.structs import ConsumerGroupMetadata, MemberState, OffsetAndMetadata
from prometheus_client import CollectorRegistry

from service_kit.fail_points import OFF, FailPoints, Point
from service_kit.kafka import ConsumerLoop, ConsumerNotReady, KafkaMisconfigured
from service_kit.metrics import MessagingMetrics
from service_kit.process import Progress
from tests.manual_clock import ManualClock
from tests.unit.service_kit.kafka.doubles import (
    GROUP,
    TOPIC,
    Handler,
    RememberingProducer,
    StoreDown,
    decode,
    fails_first,
)

FIRST = TopicPartition(TOPIC, 0)


class Polled(NamedTuple):
    """A record as kafka-python gives it."""

    offset: int
    value: bytes
    topic: str = TOPIC
    partition: int = 0
    timestamp: int = 0
    key: bytes = b"key"
    headers: tuple[tuple[str, bytes | None], ...] = ()


class ScriptedClient:
    """Gives one list of records a poll, then asks the loop to stop. Fails commits as told."""

    def __init__(self, stop: threading.Event, polls: list[list[Polled]], commit_errors: list[Exception]) -> None:
        self._stop = stop
        self._polls = polls
        self._commit_errors = commit_errors
        self._paused: set[TopicPartition] = set()
        self.held = {FIRST}
        self.commits: list[dict[TopicPartition, OffsetAndMetadata]] = []
        self.sought: list[tuple[TopicPartition, int]] = []
        self.polls_while_paused = 0
        self.state = MemberState.STABLE
        self.on_poll: Callable[[], None] = lambda: None
        self.closed = False

    def subscribe(self, topics: list[str], listener: Any) -> None:
        assert topics == [TOPIC]

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Polled]]:
        self.on_poll()
        if self._paused:
            self.polls_while_paused += 1
            return {}
        if not self._polls:
            self._stop.set()
            return {}
        records = self._polls.pop(0)
        return {FIRST: records} if records else {}

    def commit(self, offsets: dict[TopicPartition, OffsetAndMetadata], timeout_ms: int) -> None:
        if self._commit_errors:
            raise self._commit_errors.pop(0)
        self.commits.append(dict(offsets))

    def assignment(self) -> set[TopicPartition]:
        return self.held

    def pause(self, *partitions: TopicPartition) -> None:
        self._paused.update(partitions)

    def paused(self) -> set[TopicPartition]:
        return set(self._paused)

    def resume(self, *partitions: TopicPartition) -> None:
        self._paused.difference_update(partitions)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.sought.append((partition, offset))

    def group_metadata(self) -> ConsumerGroupMetadata:
        return ConsumerGroupMetadata(GROUP, state=self.state)

    def close(self, autocommit: bool, timeout_ms: int) -> None:
        assert not autocommit
        self.closed = True

    @property
    def left(self) -> int:
        return len(self._polls)

    @property
    def committed_offsets(self) -> list[int]:
        return [offsets[FIRST].offset for offsets in self.commits]


class TickingClock(ManualClock):
    """Every look at it takes a tenth of a second, so that waiting ends without anybody sleeping."""

    def monotonic(self) -> float:
        self.advance(0.1)
        return super().monotonic()


class Scene:
    def __init__(
        self,
        polls: list[list[Polled]],
        handler: Handler | None = None,
        commit_errors: list[Exception] | None = None,
        fail_points: FailPoints = OFF,
    ) -> None:
        self.stop = threading.Event()
        self.client = ScriptedClient(self.stop, polls, commit_errors or [])
        self.handler = handler or Handler()
        self.registry = CollectorRegistry()
        self.clock = TickingClock()
        self.opened: list[ScriptedClient] = []
        self.to_open = [self.client]
        self.probe_errors: list[Exception] = []
        self.loop = ConsumerLoop(
            "127.0.0.1:9092",
            TOPIC,
            GROUP,
            decode=decode,
            handle=self.handler,
            dead_letters=RememberingProducer(),  # type: ignore[arg-type]
            metrics=MessagingMetrics(self.registry),
            progress=Progress(),
            dependency_down=(StoreDown,),
            clock=self.clock,
            fail_points=fail_points,
            connect=self._connect,
            probe=self._probe,
        )

    def _connect(self, **_settings: Any) -> ScriptedClient:
        self.opened.append(self.to_open.pop(0))
        return self.opened[-1]

    def _probe(self, _servers: Any) -> None:
        if self.probe_errors:
            raise self.probe_errors.pop(0)

    def run(self) -> None:
        self.loop.run(self.stop)


def test_each_batch_is_committed_behind_its_last_message() -> None:
    scene = Scene([[Polled(4, b"one"), Polled(5, b"two")], [Polled(6, b"three")]])
    scene.run()
    assert scene.client.committed_offsets == [6, 7]
    assert scene.client.closed


def test_its_fail_points_lie_before_the_effect_and_between_the_effect_and_the_commit() -> None:
    passed: list[tuple[Point, int, int]] = []

    class Remembered(FailPoints):
        def reached(self, point: Point, of: str = "") -> None:
            assert of == GROUP
            passed.append((point, len(scene.handler.done), len(scene.client.commits)))

    scene = Scene([[Polled(4, b"one"), Polled(5, b"two")], []], fail_points=Remembered())
    scene.run()
    assert passed == [(Point.TAKEN, 0, 0), (Point.HANDLED, 2, 0)]
    assert scene.client.committed_offsets == [6]


@pytest.mark.parametrize("error", [CommitFailedError(), KafkaTimeoutError()])
def test_a_commit_that_failed_is_made_good_by_the_next_round(error: Exception) -> None:
    scene = Scene([[Polled(4, b"one")], []], commit_errors=[error])
    scene.run()
    assert scene.client.committed_offsets == [5]
    assert scene.handler.done == [b"one"]


def test_nothing_is_committed_for_a_partition_that_went_to_another_member() -> None:
    scene = Scene([[Polled(4, b"one")]])
    scene.client.held = set()
    scene.run()
    assert scene.client.commits == []


def test_while_a_store_is_down_the_consumer_polls_paused_and_then_goes_on() -> None:
    scene = Scene([[Polled(4, b"one")]], Handler(fails_first(*[StoreDown("away")] * 20)))
    scene.run()
    assert scene.client.polls_while_paused > 0
    assert scene.client.paused() == set()
    assert scene.client.committed_offsets == [5]


def test_a_stop_while_a_store_is_down_commits_nothing_and_leaves_the_group() -> None:
    scene = Scene([[Polled(4, b"one")]], Handler(lambda batch: StoreDown("away")))
    scene.client.on_poll = lambda: scene.stop.set() if scene.client.polls_while_paused > 3 else None
    scene.run()
    assert scene.client.commits == []
    assert scene.client.closed


def test_a_broker_that_is_away_at_the_start_is_waited_for() -> None:
    scene = Scene([[Polled(4, b"one")]])
    scene.probe_errors = [KafkaTimeoutError("away")] * 3
    scene.run()
    assert scene.opened == [scene.client]
    assert scene.handler.done == [b"one"]


def test_a_failure_of_the_client_that_waiting_does_not_help_ends_the_loop() -> None:
    def fail() -> None:
        raise UnsupportedCodecError("lz4")

    scene = Scene([])
    scene.client.on_poll = fail
    with pytest.raises(UnsupportedCodecError):
        scene.run()
    assert scene.client.closed


def test_before_it_has_joined_it_is_not_ready() -> None:
    with pytest.raises(ConsumerNotReady, match="not yet a member"):
        Scene([]).loop.check()


def test_a_client_that_stays_out_of_its_group_is_replaced_by_one_that_goes_on() -> None:
    scene = Scene([[]] * 1000)
    scene.client.state = MemberState.REBALANCING
    scene.client.on_poll = lambda: scene.clock.advance(1.0)
    following = ScriptedClient(scene.stop, [[Polled(4, b"one")]], [])
    scene.to_open.append(following)
    scene.run()
    assert scene.client.closed
    assert scene.handler.done == [b"one"]
    assert following.committed_offsets == [5]


def test_what_a_replaced_client_still_owed_is_not_committed_by_the_next_one() -> None:
    scene = Scene([[Polled(4, b"one")], *[[]] * 1000], commit_errors=[CommitFailedError()] * 1000)
    scene.client.state = MemberState.REBALANCING
    scene.client.on_poll = lambda: scene.clock.advance(1.0)
    following = ScriptedClient(scene.stop, [[]], [])
    scene.to_open.append(following)
    scene.run()
    assert following.commits == []


def test_a_rebalance_is_waited_for_and_one_that_lasts_is_told() -> None:
    scene = Scene([[], [], [Polled(4, b"one")]])
    scene.client.state = MemberState.REBALANCING
    told: list[str] = []

    def rebalance() -> None:
        scene.clock.advance(9.0)
        try:
            scene.loop.check()
        except ConsumerNotReady as error:
            told.append(str(error))
        if len(scene.handler.done) == 0 and scene.client.left == 1:
            scene.client.state = MemberState.STABLE

    scene.client.on_poll = rebalance
    scene.run()
    assert scene.opened == [scene.client]
    assert any("out of the group tests for" in each for each in told)
    assert scene.handler.done == [b"one"]


def test_headers_without_a_value_arrive_as_empty_ones() -> None:
    scene = Scene([[Polled(4, b"one", headers=(("ce_id", None),))]])
    scene.run()
    assert scene.handler.batches[0][0].headers == (("ce_id", b""),)


@pytest.mark.parametrize("wrong", ["", "kafka", "kafka:", ":9092,", "kafka:port"])
def test_a_malformed_address_is_refused_before_anything_is_opened(wrong: str) -> None:
    with pytest.raises(KafkaMisconfigured, match="host:port"):
        ConsumerLoop(
            wrong,
            TOPIC,
            GROUP,
            decode=decode,
            handle=Handler(),
            dead_letters=RememberingProducer(),  # type: ignore[arg-type]
            metrics=MessagingMetrics(CollectorRegistry()),
            progress=Progress(),
        )


def test_an_installation_without_fast_checksums_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service_kit.kafka.connections.find_spec", lambda name: None)
    with pytest.raises(KafkaMisconfigured, match="crc32c"):
        Scene([])
