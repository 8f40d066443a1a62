"""`log-level`: make running processes of ours log more, or as their settings say, without a restart."""

from __future__ import annotations

import os
from collections.abc import Callable

from service_kit.log_level import AS_SET, MORE
from stack.errors import StackError
from stack.process_list import load_process_list
from stack.running import Stack
from stack.supervision import Supervisor

SIGNALS = {"debug": MORE, "usual": AS_SET}


def change_level(stack: Stack, level: str, name: str = "", kill: Callable[[int, int], None] = os.kill) -> list[str]:
    """Tell one process of ours, or all; their names. Raises StackError: other servers would die of the signal."""
    if level not in SIGNALS:
        raise StackError(f"LEVEL={level}: it must be {' or '.join(SIGNALS)}")
    chosen = [load_process_list().process(name)] if name else [p for p in stack.processes if p.kind == "service"]
    if any(process.kind != "service" for process in chosen):
        raise StackError(f"{name} is not ours: its log has one level")
    names = {process.name for process in chosen}
    running = [info for info in Supervisor(stack.layout).infos() if info.name in names and info.state == "RUNNING"]
    for info in running:
        kill(info.pid, SIGNALS[level])
    return [info.name for info in running]
