"""processes.yaml as frozen objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from stack.errors import StackError

PROCESSES_FILE = Path(__file__).with_name("processes.yaml")


@dataclass(frozen=True)
class Process:
    """One supervised process; the fields are described at the top of processes.yaml."""

    name: str
    kind: str
    port: int
    command: str
    health: str
    service: str = ""
    ports: Mapping[str, int] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    external: str = ""
    metrics: str = ""
    reload: str = ""

    @property
    def base_ports(self) -> dict[str, int]:
        """Every base port by its name; the main one is called "main"."""
        return {"main": self.port, **self.ports}


@dataclass(frozen=True)
class SetUp:
    """A command that runs to its end, before the processes that name it in `after`."""

    name: str
    command: str
    service: str = ""
    after: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    once: bool = False


@dataclass(frozen=True)
class ProcessList:
    processes: tuple[Process, ...]
    set_up: tuple[SetUp, ...]

    @property
    def items(self) -> list[Process | SetUp]:
        return [*self.processes, *self.set_up]

    def process(self, name: str) -> Process:
        """Raises StackError that names the known processes."""
        for process in self.processes:
            if process.name == name:
                return process
        raise StackError(f"there is no process {name!r}; known: {', '.join(p.name for p in self.processes)}")

    def only(self, wanted: str) -> ProcessList:
        """The part of the list named by `wanted`: "servers", or names with commas between them.

        A process brings along what it needs, except that set-up commands come with the services that
        name them.
        """
        if wanted == "servers":
            return ProcessList(tuple(p for p in self.processes if p.kind == "server"), ())
        known: dict[str, Process | SetUp] = {item.name: item for item in self.items}
        pending = [self.process(name.strip()).name for name in wanted.split(",") if name.strip()]
        chosen: set[str] = set()
        while pending:
            name = pending.pop()
            if name not in chosen:
                chosen.add(name)
                pending.extend(known[name].after)
        return ProcessList(
            tuple(p for p in self.processes if p.name in chosen), tuple(s for s in self.set_up if s.name in chosen)
        )


@cache
def load_process_list(path: Path = PROCESSES_FILE) -> ProcessList:
    document = yaml.safe_load(path.read_text())
    of_ours, listening = document["service_variables"], document["listener_variables"]
    for entry in document["set_up"]:
        entry["variables"] = [*of_ours, *entry.get("variables", [])]
    for entry in document["processes"]:
        if entry["kind"] == "service":
            entry["variables"] = [*of_ours, *listening, *entry["variables"]]
    processes = tuple(Process(**_frozen(entry)) for entry in document["processes"])
    set_up = tuple(SetUp(**_frozen(entry)) for entry in document["set_up"])
    loaded = ProcessList(processes, set_up)
    names = [item.name for item in loaded.items]
    for item in loaded.items:
        missing = set(item.after) - set(names)
        if missing or names.count(item.name) > 1:
            raise StackError(f"{path.name}: {item.name} is named twice or waits for unknown {sorted(missing)}")
    return loaded


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
