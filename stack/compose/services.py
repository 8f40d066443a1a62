"""The part of docker-compose.yml that follows from stack/processes.yaml, as text."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping

import yaml

from stack.compose.variables import ContainerVariables
from stack.layout import ROOT
from stack.process_list import PROCESSES_FILE, Process, ProcessList, SetUp
from stack.server_config import TEMPLATES

OPERATOR = "operator"
FIRST_JOBS = {"mongod": "mongo-users"}
"""Servers that are of use only when a job of docker-compose.yml has prepared them."""
MEMORY_MB = {
    # It was killed at 256 while fifty people signed up at once, before its threads gave back what hashes take.
    "auth-web": 512,
    "transaction-web": 256,
    "notification-web": 256,
    # A stream holds a thread.
    "notification-live": 320,
    "analytics-web": 640,
    "analytics-ingester": 448,
    "analytics-reporter": 768,
    "monitoring-web": 256,
    "monitoring-auditor": 320,
}
"""About twice what was measured under the demo (docs/operations.md), and more for what grows with its work."""
USUAL_MEMORY_MB = 160
STANDS_BACK = {"analytics-reporter": 256}
"""Shares of a processor, of which others have 1,024: nice(2), which the process asks for, ends at its container."""


def version() -> str:
    """Of the images: that of pyproject.toml."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def image_of(service: str) -> str:
    return f"fintech-app/{service or OPERATOR}:{version()}"


def is_published(process: Process) -> bool:
    """What a browser opens: the pages, and the live stream that they listen to."""
    return process.name.endswith("-web") or process.name == "notification-live"


def shared_variables(everything: ProcessList) -> tuple[dict[str, str], dict[str, str]]:
    """What all commands of ours see, and what all that serve HTTP see besides."""
    document = yaml.safe_load(PROCESSES_FILE.read_text(encoding="utf-8"))
    some = next(process for process in everything.processes if process.kind == "service")
    values = ContainerVariables(everything).of(some)
    listening = [name for name in document["listener_variables"] if name != "HTTP_PORT"]
    return (
        {name: values[name] for name in document["service_variables"]},
        {name: values[name] for name in listening},
    )


def shared_text(everything: ProcessList) -> str:
    """The anchors that the services refer to."""
    of_ours, listening = shared_variables(everything)
    return "\n".join(
        [
            "x-service-variables: &service-variables",
            *_mapping(of_ours, 2),
            "x-listener-variables: &listener-variables",
            "  <<: *service-variables",
            *_mapping(listening, 2),
            "x-zookeeper-variables: &zookeeper-variables",
            *_mapping(zookeeper_variables(), 2),
            "x-kafka-variables: &kafka-variables",
            *_mapping(kafka_variables(), 2),
        ]
    )


def services_text(everything: ProcessList) -> str:
    """Every set-up command and every process of ours."""
    variables = ContainerVariables(everything)
    shared = shared_variables(everything)
    items: list[Process | SetUp] = [*everything.set_up, *(p for p in everything.processes if p.kind == "service")]
    first = {item.service: item.name for item in reversed(everything.set_up) if item.service}
    texts = []
    for item in items:
        environment = variables.of(item)
        texts.append(_service(item, environment, shared, everything, builds=first.get(item.service) == item.name))
    return "\n\n".join(texts)


def _service(
    item: Process | SetUp,
    environment: Mapping[str, str],
    shared: tuple[Mapping[str, str], Mapping[str, str]],
    everything: ProcessList,
    *,
    builds: bool,
) -> str:
    """`builds`: whether this service is the one that its image is built for; it comes before all others that use it."""
    runs_on = isinstance(item, Process)
    known = {**shared[0], **shared[1]} if runs_on else shared[0]
    own = {name: value for name, value in environment.items() if known.get(name) != value}
    lines = [f"  {item.name}:", f"    <<: *{'ours' if runs_on else 'job'}", f"    image: {image_of(item.service)}"]
    if builds:
        lines.append(f"    build: {{context: ., args: {{SERVICE: {item.service}}}}}")
    words = item.command.split()
    lines.append(f"    command: {json.dumps(['python', *words[1:]])}")
    lines += ["    environment:", f"      <<: *{'listener' if runs_on else 'service'}-variables", *_mapping(own, 6)]
    lines += ["    depends_on:", *_depends_on(item, everything)]
    if "LAKE_DIRECTORY" in environment:
        lines.append('    volumes: ["lake:/data/lake"]')
    if isinstance(item, Process) and is_published(item):
        lines.append(f'    ports: ["127.0.0.1:{item.port}:{item.port}"]')
    if item.name in STANDS_BACK:
        lines.append(f"    cpu_shares: {STANDS_BACK[item.name]}")
    lines.append(f"    mem_limit: {MEMORY_MB.get(item.name, USUAL_MEMORY_MB)}m")
    return "\n".join(lines)


def _depends_on(item: Process | SetUp, everything: ProcessList) -> Iterable[str]:
    jobs = {command.name for command in everything.set_up}
    names = list(item.after)
    names += [FIRST_JOBS[name] for name in item.after if name in FIRST_JOBS]
    if not item.service:
        names.append("key-files")  # the image of both is built for it
    for name in names:
        ends = name in jobs or name in FIRST_JOBS.values() or name == "key-files"
        yield f"      {name}: {{condition: service_{'completed_successfully' if ends else 'healthy'}}}"


def kafka_variables() -> dict[str, str]:
    """stack/templates/kafka.properties as the image takes it: each property a variable."""
    properties = _properties("kafka.properties")
    given = {
        "zookeeper.connect": "zookeeper:2181",
        # The second listener is for who comes through a published port: compose/open.yml.
        "listeners": "PLAINTEXT://0.0.0.0:9092,LOOPBACK://0.0.0.0:9094",
        "advertised.listeners": "PLAINTEXT://kafka:9092,LOOPBACK://127.0.0.1:9094",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,LOOPBACK:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "log.dirs": "/var/lib/kafka/data",
    }
    merged = properties | given
    return {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in merged.items()} | {
        "KAFKA_HEAP_OPTS": "-Xms128m -Xmx512m",
        "KAFKA_LOG4J_ROOT_LOGLEVEL": "WARN",
    }


def zookeeper_variables() -> dict[str, str]:
    """stack/templates/zookeeper.properties as the image takes it."""
    properties = _properties("zookeeper.properties")
    allowed = properties.pop("4lw.commands.whitelist")
    # The image has folders of its own, and listens everywhere in its own network.
    for name in ("dataDir", "clientPortAddress"):
        del properties[name]
    properties["clientPort"] = "2181"
    words = {name: re.sub(r"[A-Z]|\.", lambda m: "_" + m[0].strip("."), name).upper() for name in properties}
    return {f"ZOOKEEPER_{words[name]}": value for name, value in properties.items()} | {
        "KAFKA_OPTS": f"-Dzookeeper.4lw.commands.whitelist={allowed}",
        "KAFKA_HEAP_OPTS": "-Xms32m -Xmx128m",
        "ZOOKEEPER_LOG4J_ROOT_LOGLEVEL": "WARN",
    }


def _properties(template: str) -> dict[str, str]:
    lines = (TEMPLATES / template).read_text(encoding="utf-8").splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in pairs}


def _mapping(values: Mapping[str, str], indent: int) -> list[str]:
    """JSON's strings are YAML's, too."""
    return [f"{' ' * indent}{name}: {json.dumps(value)}" for name, value in values.items()]
