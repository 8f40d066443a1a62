"""Both ways of running the platform run the same processes with the same variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from stack.compose.files import FOLDER, open_text, written_files
from stack.compose.secrets import write_secrets
from stack.layout import ROOT, read_settings
from stack.process_list import ProcessList, load_process_list
from stack.server_config import TEMPLATES
from tests.unit.stack.test_variables import READERS

Services = dict[str, dict[str, Any]]
ITEMS = load_process_list().items
OF_OURS = [item for item in ITEMS if getattr(item, "kind", "service") == "service"]
SERVERS = [item for item in load_process_list().processes if item.kind == "server"]


@pytest.mark.parametrize("path", written_files(load_process_list()), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_follows_from_the_list_is_what_the_command_would_write(path: Path, everything: ProcessList) -> None:
    assert path.read_text(encoding="utf-8") == written_files(everything)[path], "make documents"


@pytest.mark.parametrize("item", OF_OURS, ids=lambda item: item.name)
def test_a_container_runs_the_same_module_and_sees_the_same_variables(item: Any, services: Services) -> None:
    service = services[item.name]

    assert service["command"][1:] == item.command.split()[1:]
    assert set(service["environment"]) == set(item.variables)


@pytest.mark.parametrize("name", READERS)
def test_a_container_gets_what_its_settings_accept(
    name: str, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the secrets that `make secrets` makes, and nothing else set."""
    write_secrets(tmp_path / ".env")
    made = read_settings({}, tmp_path)

    for variable, value in services[name]["environment"].items():
        monkeypatch.setenv(variable, filled_in(value, made))
    settings = READERS[name].from_env()

    assert settings.http_host == "0.0.0.0"


def filled_in(text: str, given: Mapping[str, str]) -> str:
    """As compose fills in `${NAME:-default}`."""
    return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: given.get(found[1]) or found[2], text)


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_a_server_of_the_list_is_a_container_that_sees_what_the_list_says(server: Any, services: Services) -> None:
    assert set(server.variables) <= set(services[server.name].get("environment", {}))


@pytest.mark.parametrize("item", [item for item in ITEMS if item in OF_OURS], ids=lambda item: item.name)
def test_a_container_waits_for_what_the_process_waits_for(item: Any, services: Services) -> None:
    jobs = {name for name, service in services.items() if service["restart"] == "no"}
    waits = services[item.name]["depends_on"]

    assert set(item.after) <= set(waits)
    for name, wait in waits.items():
        ends = "completed_successfully" if name in jobs else "healthy"
        assert wait == {"condition": f"service_{ends}"}


def test_whoever_needs_mongodb_waits_until_its_users_are_made(services: Services) -> None:
    needing = [item.name for item in ITEMS if "mongod" in item.after]

    assert all("mongo-users" in services[name]["depends_on"] for name in needing)


def test_each_process_that_has_a_port_for_commands_listens_there_for_the_others(services: Services) -> None:
    binds = [services[f"transaction-ledger-{number}"]["environment"]["LEDGER_BIND"] for number in (1, 2)]

    assert binds == ["tcp://0.0.0.0:5130", "tcp://0.0.0.0:5131"]
    assert services["transaction-web"]["environment"]["LEDGER_ENDPOINTS"] == (
        "tcp://transaction-ledger-1:5130,tcp://transaction-ledger-2:5131"
    )


def test_a_secret_reaches_those_that_the_list_names_and_nobody_else(services: Services) -> None:
    holders = {
        name
        for name, service in services.items()
        if any("SECRET_SIGNING_KEY_SECRET" in str(value) for value in service.get("environment", {}).values())
    }

    assert holders == {"key-files", "mongo-users", "demo", "auth-set-up", "auth-web", "auth-relay"}


def test_an_image_is_built_once_and_before_whatever_runs_on_it(services: Services) -> None:
    """docker-compose 1.29 takes services in the order of their `depends_on`, and pulls an image that isn't there."""
    builders = {service["image"]: name for name, service in services.items() if "build" in service}
    for name, service in services.items():
        if service["image"].startswith("fintech-app/") and "build" not in service:
            assert builders[service["image"]] in _all_before(name, services)


def _all_before(name: str, services: Services) -> set[str]:
    found: set[str] = set()
    for before in services[name].get("depends_on", {}):
        found |= {before} | _all_before(before, services)
    return found


def test_every_port_of_the_list_can_be_reached_with_the_second_file(
    services: Services, everything: ProcessList
) -> None:
    opened = yaml.safe_load(open_text(everything))["services"]
    ports = [port for each in (services, opened) for service in each.values() for port in service.get("ports", [])]
    inside = {int(port.rpartition(":")[2]) for port in ports}

    assert {port for process in everything.processes for port in process.base_ports.values()} - inside == {9092}
    assert "127.0.0.1:9094:9094" in ports


def test_the_servers_have_every_setting_of_the_native_ones(services: Services) -> None:
    kafka, zookeeper = services["kafka"]["environment"], services["zookeeper"]["environment"]

    assert kafka["KAFKA_ZOOKEEPER_SESSION_TIMEOUT_MS"] == "6000"
    assert kafka["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert (zookeeper["ZOOKEEPER_TICK_TIME"], zookeeper["ZOOKEEPER_CLIENT_PORT"]) == ("500", "2181")
    mongod = yaml.safe_load((FOLDER / "mongod.yaml").read_text(encoding="utf-8"))
    native = yaml.safe_load((TEMPLATES / "mongod.yaml").read_text(encoding="utf-8").replace("{", "").replace("}", ""))
    assert mongod["setParameter"] == native["setParameter"]
    assert mongod["security"] == {"authorization": "enabled", "keyFile": "/keys/mongo-keyfile"}
    assert mongod["storage"]["dbPath"] == "/data/db"
