"""Writes what follows from stack/processes.yaml and stack/templates: parts of docker-compose.yml, files in compose/.

Committed, and held against what this would write by a test.
"""

from __future__ import annotations

import json
from pathlib import Path

from stack.compose.secrets import Placeholders, names, variable_of
from stack.compose.services import is_published, services_text, shared_text
from stack.errors import StackError
from stack.layout import ROOT
from stack.process_list import ProcessList
from stack.server_config import TEMPLATES, scrape_targets
from stack.state import State

COMPOSE_FILE = ROOT / "docker-compose.yml"
FOLDER = ROOT / "compose"
WRITTEN = "# Written by `make documents`, from"
BROKER_ON_LOOPBACK = 9094


def written_files(everything: ProcessList) -> dict[Path, str]:
    """Every file with what it should hold."""
    text = COMPOSE_FILE.read_text(encoding="utf-8")
    secrets = "\n".join(f"  {variable_of(name)}: {json.dumps(Placeholders()[name])}" for name in names())
    text = _between("variables", text, f"x-secrets: &secrets\n{secrets}\n{shared_text(everything)}\n")
    text = _between("services", text, services_text(everything) + "\n")
    return {
        COMPOSE_FILE: text,
        FOLDER / "mongod.yaml": _server("mongod.yaml").replace("/data/mongod", "/data/db"),
        FOLDER / "redis.conf": _server("redis.conf").replace("/data/redis", "/data"),
        FOLDER / "prometheus" / "targets" / "processes.json": _json(targets(everything)),
        FOLDER / "prometheus" / "alertmanagers" / "alertmanagers.json": _json([{"targets": ["alertmanager:9093"]}]),
        FOLDER / "open.yml": open_text(everything),
    }


def targets(everything: ProcessList) -> list[dict[str, object]]:
    """What Prometheus scrapes: each process at its name, with the labels that it has on the native stack."""
    state = State(offset=0, processes=tuple(process.name for process in everything.processes))
    return scrape_targets(state, everything.processes, host_of=lambda process: process.name)


def open_text(everything: ProcessList) -> str:
    """The addition that publishes on loopback what a browser doesn't need: for tests, and for looking around."""
    lines = [
        f"{WRITTEN} stack/processes.yaml: every port on 127.0.0.1, for the tests and for looking around.",
        "# docker compose -f docker-compose.yml -f compose/open.yml up --build",
        "services:",
    ]
    for process in everything.processes:
        ports = {port: port for port in process.base_ports.values()}
        if process.name == "kafka":
            # Kafka tells its clients where to come: those at this port are told 127.0.0.1.
            ports = {BROKER_ON_LOOPBACK: BROKER_ON_LOOPBACK}
        if is_published(process) or process.name in ("prometheus", "alertmanager", "zipkin"):
            continue
        if process.name == "mail":
            del ports[process.port]
        listed = ", ".join(f'"127.0.0.1:{outside}:{inside}"' for outside, inside in ports.items())
        lines.append(f"  {process.name}: {{ports: [{listed}]}}")
    return "\n".join(lines) + "\n"


def write_files(everything: ProcessList) -> None:
    for path, text in written_files(everything).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _between(name: str, text: str, content: str) -> str:
    """Put `content` between the two lines that carry the name; those lines stay."""
    lines = text.splitlines(keepends=True)
    marks = [number for number, line in enumerate(lines) if line.strip() in (f"# >>> {name}", f"# <<< {name}")]
    if len(marks) != 2:
        raise StackError(f"docker-compose.yml: the marks `# >>> {name}` and `# <<< {name}` are wanted, once each")
    return "".join([*lines[: marks[0] + 1], content, *lines[marks[1] :]])


def _server(template: str) -> str:
    """The native server's configuration, with the folders and the address that a container has."""
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    filled = text.format(data="/data", config="/keys", secrets="/keys", host="0.0.0.0", mongod=27017, redis=6379)
    return f"{WRITTEN} stack/templates/{template}.\n{filled}"


def _json(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"
