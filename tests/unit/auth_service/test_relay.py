from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from prometheus_client import CollectorRegistry
from pymongo.errors import AutoReconnect
from structlog.testing import capture_logs

from auth_service.heartbeat import Heartbeat, HeartbeatSilent
from auth_service.metrics import RelayMetrics
from auth_service.publishing import Relay, record_of
from contracts.codec import codec_for
from contracts.session import revocation_message, revoked_in
from service_kit.kafka import PublishFailed, Record
from service_kit.process import Progress, StopSignal
from tests.unit.auth_service.memory import MemoryCache
from tests.unit.auth_service.world import PASSWORD, World


class Kafka:
    def __init__(self) -> None:
        self.records: list[Record] = []
        self.away = False

    def send_all(self, records: list[Record]) -> None:
        if self.away:
            raise PublishFailed("the broker is away", "timeout")
        self.records.extend(records)


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


@pytest.fixture
def metrics() -> RelayMetrics:
    return RelayMetrics(CollectorRegistry())


@pytest.fixture
def relay(world: World, kafka: Kafka, metrics: RelayMetrics) -> Relay:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    world.auth.sign_up("demo-002", "demo-002@example.com", PASSWORD)
    return Relay(world.outbox, kafka.send_all, metrics, Progress(world.clock), world.clock, lambda: None)


def test_what_waits_is_published_in_order_and_removed(relay: Relay, world: World, kafka: Kafka) -> None:
    assert relay.publish_waiting() == 2

    published = [codec_for("users").decode(record.value)["username"] for record in kafka.records]
    assert published == ["demo-001", "demo-002"]
    assert world.outbox.events == {}
    assert relay.publish_waiting() == 0


def test_a_record_is_keyed_by_its_user_and_carries_the_events_attributes(relay: Relay, world: World) -> None:
    [event, _] = world.outbox.waiting(10)

    record = record_of(event)

    headers = dict(record.headers)
    assert (record.topic, record.key) == ("users", event.key.encode())
    assert (headers["ce_id"], headers["ce_type"]) == (event.id.encode(), b"user.registered")
    assert headers["ce_source"] == b"auth_service"


def test_what_kafka_did_not_acknowledge_stays(relay: Relay, world: World, kafka: Kafka) -> None:
    kafka.away = True

    with pytest.raises(PublishFailed):
        relay.publish_waiting()

    assert len(world.outbox.events) == 2


def test_the_loop_outlives_an_absent_broker(relay: Relay, world: World, kafka: Kafka) -> None:
    class Stop(StopSignal):
        def wait(self, timeout: float | None = None) -> bool:
            kafka.away = False
            if not world.outbox.events:
                self.set()
            return self.is_set()

    kafka.away = True
    relay.run(Stop())

    assert len(kafka.records) == 2


class AwayFor(StopSignal):
    """Brings Kafka back after so many waits of the relay, and ends the relay two waits later."""

    def __init__(self, kafka: Kafka, world: World, waits: int) -> None:
        super().__init__()
        kafka.away = True
        self._kafka, self._world, self._left = kafka, world, waits

    def wait(self, timeout: float | None = None) -> bool:
        self._world.clock.advance(timeout or 0.0)
        self._left -= 1
        self._kafka.away = self._left > 0
        if self._left < -2:
            self.set()
        return self.is_set()


def test_an_outage_is_said_once_and_so_is_its_end(relay: Relay, world: World, kafka: Kafka) -> None:
    with capture_logs() as logs:
        relay.run(AwayFor(kafka, world, waits=30))

    assert [line["event"] for line in logs] == ["relay_waits", "relay_goes_on"]
    assert logs[0]["detail"] == "the broker is away"


def test_what_waits_is_measured_while_kafka_is_away(relay: Relay, world: World, kafka: Kafka) -> None:
    depths: list[int] = []

    def measure() -> None:
        if kafka.away:
            depths.append(len(world.outbox.events))

    replace(relay, measure=measure).run(AwayFor(kafka, world, waits=30))

    assert len(depths) == 10
    assert set(depths) == {2}


class Ended:
    def __init__(self) -> None:
        self.away = False

    def since(self, moment: datetime) -> list[str]:
        if self.away:
            raise AutoReconnect("no primary")
        return ["session-1"]


def test_a_heartbeat_names_what_ended_lately(world: World, metrics: RelayMetrics) -> None:
    cache = MemoryCache()

    assert Heartbeat(Ended().since, cache, metrics, world.clock).beat() is True
    assert cache.announced == [["session-1"]]
    assert revoked_in(revocation_message(["session-1"])) == ["session-1"]


@pytest.mark.parametrize("away", ["mongo", "redis"])
def test_a_heartbeat_that_can_not_be_said_is_silence_and_shows_in_readiness(
    world: World, metrics: RelayMetrics, away: str
) -> None:
    ended, cache = Ended(), MemoryCache()
    ended.away, cache.away = away == "mongo", away == "redis"
    heartbeat = Heartbeat(ended.since, cache, metrics, world.clock)
    heartbeat.check()

    world.clock.advance(4)

    assert heartbeat.beat() is False
    with pytest.raises(HeartbeatSilent):
        heartbeat.check()


def test_a_silence_of_the_heartbeat_is_said_once(world: World, metrics: RelayMetrics) -> None:
    ended = Ended()
    heartbeat = Heartbeat(ended.since, MemoryCache(), metrics, world.clock)

    with capture_logs() as logs:
        ended.away = True
        for _ in range(5):
            heartbeat.beat()
        ended.away = False
        heartbeat.beat()

    assert [line["event"] for line in logs] == ["heartbeat_missed", "heartbeat_goes_on"]


def test_a_record_continues_the_trace_of_the_request_that_caused_it(relay: Relay, world: World) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    event = replace(world.outbox.waiting(1)[0], traceparent=f"00-{trace_id}-00f067aa0ba902b7-01")

    traceparent = dict(record_of(event).headers)["traceparent"].decode()

    assert traceparent.split("-")[1] == trace_id
