"""What a round costs the machine: CPU of every process, and the transactions that MongoDB had to give up."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from bench.stacks import Platform
from stack.system_processes import members

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Reading:
    """``cpu``: seconds since each process began, by the name it has in the stack.

    ``conflicts``: MongoDB's write conflicts outside of transactions, and the transactions that were aborted.
    """

    cpu: Mapping[str, float]
    conflicts: int

    def since(self, earlier: "Reading") -> "Reading":
        """What came between the two."""
        cpu = {name: seconds - earlier.cpu.get(name, 0.0) for name, seconds in self.cpu.items()}
        return Reading(cpu, self.conflicts - earlier.conflicts)

    def seconds_of(self, names: Iterable[str]) -> float:
        return sum(self.cpu.get(name, 0.0) for name in names)


class Meter:
    """Reads the stack's processes and those of ``also``: process ids by a name of our own, with their children."""

    def __init__(self, platform: Platform, mongo: MongoClient[dict[str, Any]], also: Mapping[str, int]) -> None:
        self._directory = platform.directory
        self._mongo = mongo
        self._also = also

    def read(self) -> Reading:
        cpu: Counter[str] = Counter()
        for member in members(self._directory):
            cpu[member.name] += cpu_seconds(member.pid)
        for name, pid in self._also.items():
            cpu[name] = sum(map(cpu_seconds, [pid, *_children(pid)]))
        status = self._mongo.admin.command("serverStatus")
        conflicts = status["metrics"]["operation"]["writeConflicts"] + status["transactions"]["totalAborted"]
        return Reading(cpu, int(conflicts))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all of its threads (proc(5)); 0 of one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
