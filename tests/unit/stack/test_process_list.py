"""processes.yaml, the one list."""

from pathlib import Path

import pytest

from stack.errors import StackError
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


def test_waiting_for_an_unknown_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "processes.yaml"
    path.write_text(
        "service_variables: []\nlistener_variables: []\nset_up: []\n"
        "processes: [{name: a, kind: server, port: 1, command: a, health: redis, after: [b]}]\n"
    )

    with pytest.raises(StackError, match="a is named twice or waits for unknown"):
        load_process_list(path)
