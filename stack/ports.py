"""Which ports a stack takes: its offset, and who is in the way."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from stack.errors import StackError
from stack.process_list import Process
from stack.state import HOST
from stack.system_processes import port_owner

CANDIDATES = tuple(range(500, 5001, 500))
"""Below 32768 with the highest base port (27017): above, the kernel gives ports to outgoing connections."""
VARIABLE = "STACK_PORT_OFFSET"
BROWSERS_REFUSE = frozenset(
    (1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080)
)
"""Ports on which a browser opens no page (https://fetch.spec.whatwg.org/#port-blocking), of those above 1023."""


def wanted_offset(settings: Mapping[str, str]) -> int | None:
    """The offset that the user set (default 0); None for `auto`."""
    value = settings.get(VARIABLE, "0")
    if value == "auto":
        return None
    if not value.isdigit() or int(value) > CANDIDATES[-1]:
        raise StackError(f"{VARIABLE}: a number from 0 to {CANDIDATES[-1]} or `auto` is expected, not {value!r}")
    return int(value)


def is_free(port: int) -> bool:
    """Whether a server could listen there now. Closed connections that linger don't count, as for servers."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
        return True


def require_free(processes: Iterable[Process], offset: int) -> None:
    """Raises StackError with a line that names the port, its owner where known, and the variable."""
    for process in processes:
        for base in process.base_ports.values():
            if base + offset in BROWSERS_REFUSE:
                raise StackError(
                    f"port {base + offset} ({process.name}) is one that browsers refuse: set another {VARIABLE} "
                    f"(now {offset}; `auto` picks ports that are free)"
                )
            if not is_free(base + offset):
                owner = port_owner(base + offset) or "another user's process"
                raise StackError(
                    f"port {base + offset} ({process.name}) is in use by {owner}: stop it, or set {VARIABLE} "
                    f"(now {offset}; `auto` picks ports that are free)"
                )


def free_offset(processes: Iterable[Process], directory: Path) -> int:
    """The first candidate whose every port is free, and open to browsers, and that no other stack has claimed."""
    listed = [base for process in processes for base in process.base_ports.values()]
    for offset in CANDIDATES:
        ports = {base + offset for base in listed}
        if not ports & BROWSERS_REFUSE and all(map(is_free, ports)) and _claim(offset, directory):
            return offset
    raise StackError(f"none of the port offsets {CANDIDATES} is free: stop another stack (`make down` in its checkout)")


@contextmanager
def choosing() -> Iterator[None]:
    """Two stacks that start at once choose one after the other."""
    with (_claims() / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _claim(offset: int, directory: Path) -> bool:
    """A claim holds while the stack that made it still has its state file."""
    path = _claims() / str(offset)
    if path.exists():
        owner = Path(path.read_text())
        if owner != directory and (owner / "stack.json").exists():
            return False
    path.write_text(str(directory))
    return True


def _claims() -> Path:
    folder = Path(tempfile.gettempdir()) / f"stack-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
