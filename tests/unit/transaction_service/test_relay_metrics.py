"""Of two relays one says where it stands: the one that publishes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from transaction_service.metrics import RelayMetrics

STANDING = ("relay_journal_head_position", "relay_cursor_position", "relay_lag_positions", "relay_lag_seconds")


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def metrics(registry):
    return RelayMetrics(registry)


def standing(registry):
    return [registry.get_sample_value(name) for name in STANDING]


def test_the_relay_that_publishes_says_how_far_the_topic_is_behind(registry, metrics):
    metrics.took_lease(epoch=4, took_over=True)
    metrics.stands(cursor=90, head=100, oldest_seconds=2.5)
    assert standing(registry) == [100, 90, 10, 2.5]
    names = ("relay_is_publisher", "relay_lease_epoch", "relay_takeovers_total")
    assert [registry.get_sample_value(name) for name in names] == [1, 4, 1]


def test_a_standby_says_nothing_of_it(registry, metrics):
    assert standing(registry) == [None] * 4
    assert registry.get_sample_value("relay_is_publisher") == 0


def test_who_gave_the_lease_up_no_longer_tells_what_it_last_knew(registry, metrics):
    metrics.took_lease(epoch=4, took_over=False)
    metrics.stands(cursor=90, head=100, oldest_seconds=2.5)
    metrics.gave_up_lease()
    assert standing(registry) == [None] * 4
    assert registry.get_sample_value("relay_takeovers_total") == 0


def test_what_a_writer_decided_in_the_future_waited_for_no_time(registry, metrics):
    now = datetime(2026, 3, 1, tzinfo=UTC)
    metrics.published(0.1, [now + timedelta(minutes=10), now - timedelta(seconds=2)], now)
    assert registry.get_sample_value("relay_commit_to_published_seconds_sum") == 2
