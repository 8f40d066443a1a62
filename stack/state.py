"""What a stack remembers of itself between commands: its ports, its servers elsewhere, what it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from stack.errors import NotRunning
from stack.layout import Layout

HOST = "127.0.0.1"


@dataclass(frozen=True)
class State:
    """`external`: host:port of each server that runs elsewhere, by process name. `processes`: names that run here."""

    offset: int
    public_host: str = "localhost"
    processes: tuple[str, ...] = ()
    external: Mapping[str, str] = field(default_factory=dict)
    done_once: tuple[str, ...] = ()

    def port(self, base_port: int) -> int:
        return base_port + self.offset


def read_state(layout: Layout) -> State | None:
    if not layout.state_file.exists():
        return None
    document = json.loads(layout.state_file.read_text())
    return State(
        offset=document["offset"],
        public_host=document["public_host"],
        processes=tuple(document["processes"]),
        external=document["external"],
        done_once=tuple(document["done_once"]),
    )


def require_state(layout: Layout) -> State:
    """Raises NotRunning when this stack was never started."""
    state = read_state(layout)
    if state is None:
        raise NotRunning(f"no stack in {layout.directory}: start one with `make up`")
    return state


def write_state(layout: Layout, state: State) -> None:
    temporary = layout.state_file.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(state), indent=2) + "\n")
    temporary.replace(layout.state_file)
