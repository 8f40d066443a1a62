"""Writes what stack.launch reads: for each process its command and its environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from stack.containers import container_command, container_name
from stack.errors import NotRunning
from stack.java import find_java
from stack.launch import MARK
from stack.layout import Layout
from stack.process_list import Process, SetUp
from stack.secret_files import write_private
from stack.state import HOST, State
from stack.variables import Variables, fill_in


def launch_file(layout: Layout, name: str) -> Path:
    return layout.launches / f"{name}.json"


def launch_command(layout: Layout, name: str) -> list[str]:
    """The command that supervisor, or `up` for a set-up command, runs."""
    return [sys.executable, "-m", "stack.launch", str(launch_file(layout, name))]


def write_launch_file(
    layout: Layout, state: State, item: Process | SetUp, variables: Variables, *, in_container: bool = False
) -> bool:
    """Returns whether it changed: a running process has to be started again to notice."""
    places = {
        "python": sys.executable,
        "java": find_java() or "java",
        "servers": str(layout.servers),
        "data": str(layout.data),
        "config": str(layout.config),
        "host": HOST,
        "public_host": state.public_host,
    }
    if isinstance(item, Process):
        places["port"] = str(state.port(item.port))
        places |= {f"{name}_port": str(state.port(port)) for name, port in item.ports.items()}
    environment = variables.of(item) | {MARK: f"{layout.directory}#{item.name}"}
    command = fill_in(item.command, places)
    if in_container:
        command = container_command(item, command, environment, container_name(layout.directory, item.name))
    text = json.dumps({"command": command, "environment": environment}, indent=2)
    path = launch_file(layout, item.name)
    if path.exists() and path.read_text() == text:
        return False
    write_private(path, text)
    return True


def containers_of(layout: Layout) -> list[str]:
    """The names of those that this stack's launch files start."""
    files = layout.launches.glob("*.json")
    return [container_name(layout.directory, file.stem) for file in files if '"/bin/sh"' in file.read_text()]


def read_environment(layout: Layout, name: str) -> dict[str, str]:
    """The variables that a process or set-up command was given. Raises NotRunning when it has none here."""
    path = launch_file(layout, name)
    if not path.exists():
        raise NotRunning(f"{name} is not part of the stack in {layout.directory}")
    environment: dict[str, str] = json.loads(path.read_text())["environment"]
    return environment
