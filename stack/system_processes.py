"""What /proc tells: which processes belong to a stack, and who listens on a port. Linux only, as the stack is."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stack.launch import MARK

PROC = Path("/proc")
LISTENING = "0A"


@dataclass(frozen=True)
class Member:
    """A process that carries a stack's mark, or descends from one that does."""

    pid: int
    name: str


def members(directory: Path) -> list[Member]:
    """The living processes of the stack in `directory`, supervisord included, whoever is their parent.

    The mark is in the environment that a process was started with, so it survives its supervisor's death, and
    the children that a process makes carry it too.
    """
    prefix = f"{MARK}={directory}#".encode()
    found = []
    for pid in _pids():
        try:
            environment = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it ended meanwhile, or is another user's
        mark = next((entry for entry in environment if entry.startswith(prefix)), None)
        if mark and _is_alive(pid):
            found.append(Member(pid, mark[len(prefix) :].decode()))
    return found


def end(directory: Path, patience_seconds: float = 10) -> list[Member]:
    """TERM, then KILL, until no process carries the mark. Returns those that were there at first."""
    first = members(directory)
    _signal(first, signal.SIGTERM)
    # A frozen process gets no TERM before it continues.
    _signal(first, signal.SIGCONT)
    if _wait(lambda: not members(directory), patience_seconds):
        return first
    deadline = time.monotonic() + patience_seconds
    while (left := members(directory)) and time.monotonic() < deadline:
        _signal(left, signal.SIGKILL)
        time.sleep(0.05)
    return first


def port_owner(port: int) -> str:
    """ "pid 123 (command line)" of the one that listens on `port`; "" where this user may not know."""
    inodes = set(_listening_inodes(port))
    for pid in _pids() if inodes else ():
        if inodes & _open_files(pid):
            command = (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            return f"pid {pid} ({command.strip()[:60]})"
    return ""


def _open_files(pid: int) -> set[str]:
    """What its descriptors point to; nothing for another user's process. One may be closed while we look."""
    links = set()
    try:
        for entry in (PROC / str(pid) / "fd").iterdir():
            with suppress(FileNotFoundError):
                links.add(str(entry.readlink()))
    except OSError:
        return set()
    return links


def _listening_inodes(port: int) -> Iterable[str]:
    for table in ("tcp", "tcp6"):
        path = PROC / "net" / table
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield f"socket:[{fields[9]}]"


def _pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit() and int(entry.name) != os.getpid()]


def _is_alive(pid: int) -> bool:
    try:
        state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def _signal(processes: Iterable[Member], number: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            continue  # it ended by itself


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
