from __future__ import annotations

import tomllib
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from service_kit.metrics import VERSION, Cause, MessagingMetrics, new_registry

ROOT = Path(__file__).parents[3]


def test_a_registry_tells_of_its_process_and_build() -> None:
    registry = new_registry("ledger_service", process="relay", revision="abc123")
    labels = {"service": "ledger_service", "process": "relay", "version": VERSION, "revision": "abc123"}
    assert registry.get_sample_value("build_info", labels) == 1
    text = generate_latest(registry).decode()
    for name in ("process_cpu_seconds_total", "python_info", "python_gc_collections_total"):
        assert name in text


def test_a_registry_tells_what_time_it_is_for_its_process() -> None:
    times = iter((1_000.0, 1_005.0))
    registry = new_registry("ledger_service", process="relay", revision="abc123", now=lambda: next(times))

    assert registry.get_sample_value("process_clock_timestamp_seconds") == 1_000
    assert registry.get_sample_value("process_clock_timestamp_seconds") == 1_005


def test_two_registries_do_not_meet() -> None:
    MessagingMetrics(new_registry("one", process="web", revision="unknown"))
    MessagingMetrics(new_registry("two", process="web", revision="unknown"))


def test_the_version_is_the_one_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION


def test_every_series_of_a_consumer_exists_before_its_first_event() -> None:
    registry = CollectorRegistry()
    MessagingMetrics(registry).expect_consumer("users", "worker")
    labels = {"messaging_destination_name": "users", "messaging_consumer_group_name": "worker"}
    for cause in Cause:
        assert registry.get_sample_value("messaging_consumer_dead_letters_total", {**labels, "cause": cause}) == 0
    for kind in ("assigned", "revoked", "lost"):
        assert registry.get_sample_value("messaging_consumer_rebalances_total", {**labels, "kind": kind}) == 0
    for gauge in ("messaging_consumer_halted", "messaging_consumer_dependency_down"):
        assert registry.get_sample_value(gauge, labels) == 0
    assert (registry.get_sample_value("messaging_consumer_last_progress_timestamp_seconds", labels) or 0) > 0


def test_every_series_of_a_producer_exists_before_its_first_event() -> None:
    registry = CollectorRegistry()
    MessagingMetrics(registry).expect_producer("users")
    for error_type in ("", "timeout", "refused"):
        labels = {"messaging_destination_name": "users", "error_type": error_type}
        assert registry.get_sample_value("messaging_client_sent_messages_total", labels) == 0
