"""What a benchmark ran on: a figure without it says little."""

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stack.layout import ROOT


@dataclass(frozen=True)
class Machine:
    """``memory_gb`` and ``load_before`` (the load average of the minute before the start) are None where an old run did
    not keep them; ``state``: what whoever ran it said about it, such as "nothing else running"."""

    cores: int
    python: str
    memory_gb: float | None = None
    load_before: float | None = None
    state: str = ""

    @classmethod
    def of_here(cls, state: str = "") -> "Machine":
        """This one, as it is now."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
        load = round(os.getloadavg()[0], 1)
        return cls(len(os.sched_getaffinity(0)), platform.python_version(), round(memory, 1), load, state)

    def told(self) -> str:
        """In a few words."""
        parts = [f"{self.cores} cores"]
        parts += [f"{self.memory_gb:.0f} GB"] if self.memory_gb is not None else []
        parts += [f"Python {self.python}"]
        parts += [f"load average before {self.load_before:.1f}"] if self.load_before is not None else []
        return ", ".join(parts) + (f"; {self.state}" if self.state else "")


def revision() -> str:
    """The commit of this tree, with a "+" where files of it have changed since; empty outside of a repository."""
    if not Path(ROOT, ".git").exists():
        return ""
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return _git("rev-parse", "--short=7", "HEAD") + ("+" if changed else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
