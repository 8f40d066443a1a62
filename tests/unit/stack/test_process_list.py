"""processes.yaml, the one list."""

from pathlib import Path

import pytest
import yaml

from stack.errors import StackError
from stack.layout import ROOT
from stack.process_list import load_process_list


def test_no_two_processes_share_a_port() -> None:
    ports = [port for process in load_process_list().processes for port in process.base_ports.values()]

    assert len(ports) == len(set(ports))


def test_every_service_process_is_scraped_and_has_a_readiness_check() -> None:
    for process in load_process_list().processes:
        if process.kind == "service":
            assert (process.metrics, process.health) == ("/metrics", "http /readyz")


def test_only_servers_are_the_servers_and_no_set_up() -> None:
    part = load_process_list().only("servers")

    assert {process.kind for process in part.processes} == {"server"}
    assert part.set_up == ()


def test_a_process_brings_what_it_waits_for() -> None:
    part = load_process_list().only("transaction-relay-1")

    assert {process.name for process in part.processes} == {"mongod", "zookeeper", "kafka", "transaction-relay-1"}
    assert {command.name for command in part.set_up} == {"topics", "transaction-set-up"}


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(StackError, match=r"no process 'ledger'.*transaction-ledger-1"):
        load_process_list().only("ledger")


def test_the_exporter_tells_of_a_frozen_redis_before_prometheus_stops_waiting_for_it() -> None:
    monitoring = yaml.safe_load((ROOT / "monitoring/prometheus/prometheus.yml").read_text())
    containers = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    waits = monitoring["global"]["scrape_timeout"]
    words = load_process_list().process("redis-exporter").command.split()
    (here,) = (word.partition("=")[2] for word in words if word.startswith("-connection-timeout="))
    there = containers["services"]["redis-exporter"]["environment"]["REDIS_EXPORTER_CONNECTION_TIMEOUT"]

    assert {duration[-1] for duration in (here, there, waits)} == {"s"}
    assert max(int(here[:-1]), int(there[:-1])) < int(waits[:-1])


def test_waiting_for_an_unknown_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "processes.yaml"
    path.write_text(
        "service_variables: []\nlistener_variables: []\nset_up: []\n"
        "processes: [{name: a, kind: server, port: 1, command: a, health: redis, after: [b]}]\n"
    )

    with pytest.raises(StackError, match="a is named twice or waits for unknown"):
        load_process_list(path)
