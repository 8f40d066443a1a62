"""Processes of a running stack that are started in another way for a while."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bench.stacks import Platform
from stack.launch_files import launch_file
from stack.secret_files import write_private
from stack.supervision import STOP_SECONDS, Supervisor
from tests.drills import frame


@dataclass(frozen=True)
class Launch:
    """What stack.launch starts: the words of the command, and the variables that it sees."""

    command: list[str]
    environment: dict[str, str]


@contextmanager
def relaunched(platform: Platform, processes: Sequence[str], change: Callable[[Launch], Launch]) -> Iterator[None]:
    """Each is started by its changed launch within the block, and by its own again after it.

    One after the other, so that of two that stand in for each other one is always there. Raises RuntimeError when they
    don't become ready.
    """
    files = {name: launch_file(platform.stack.layout, name) for name in processes}
    usual = {name: file.read_text(encoding="utf-8") for name, file in files.items()}
    try:
        for name, text in usual.items():
            changed = change(Launch(**json.loads(text)))
            write_private(files[name], json.dumps(vars(changed)))
            _restart(platform, name)
        if trouble := frame.until_healthy(platform):
            raise RuntimeError("; ".join(trouble))
        yield
    finally:
        for name, text in usual.items():
            write_private(files[name], text)
            _restart(platform, name)


def _restart(platform: Platform, name: str) -> None:
    supervisor = Supervisor(platform.stack.layout)
    supervisor.stop_process(name)
    supervisor.wait_until_stopped([name], STOP_SECONDS + 5)
    supervisor.start_process(name)
    frame.until_healthy(platform)
