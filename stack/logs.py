"""`logs`: the newest lines of every process, and on a terminal those to come."""

from __future__ import annotations

import subprocess
import sys

from stack.errors import StackError
from stack.layout import Layout

LINES = 100


def show_logs(layout: Layout, name: str = "", *, follow: bool | None = None) -> int:
    """`name`: one process, or all. Follows on a terminal unless told otherwise. Raises StackError without a log."""
    pattern = f"{name or '*'}.log"
    files = sorted(layout.logs.glob(pattern))
    if not files:
        raise StackError(f"no {pattern} in {layout.logs}; `make status` lists the processes")
    following = sys.stdout.isatty() if follow is None else follow
    lines = LINES if name else LINES // 10
    command = ["tail", "-n", str(lines), *(["-F"] if following else []), *[str(file) for file in files]]
    try:
        return subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        return 0
