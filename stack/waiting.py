"""Waits until a process is healthy, or tells why it won't be."""

from __future__ import annotations

import time
from pathlib import Path

from stack.errors import StackError
from stack.health import Probes, Unhealthy
from stack.process_list import Process
from stack.steps import Reporter
from stack.supervision import Supervisor

HEALTHY_SECONDS = 240
"""Long, for a machine that is busy with other things: what keeps dying is told as soon as it does."""
PROBE_EVERY_SECONDS = 0.1
DEATHS_BEFORE_GIVING_UP = 3
LOG_LINES = 12


def wait_until_healthy(
    process: Process, probes: Probes, supervisor: Supervisor, log: Path, reporter: Reporter, log_position: int = 0
) -> None:
    """Raises StackError with the end of its log, after a while or as soon as it keeps dying.

    `log_position`: how many bytes of the log are from before this start.
    """
    deadline = time.monotonic() + HEALTHY_SECONDS
    deaths, last_state = 0, ""
    while True:
        try:
            probes.check(process)
            return
        except Unhealthy as unhealthy:
            reason = str(unhealthy)
        state = supervisor.info(process.name).state
        deaths += state == "BACKOFF" and last_state != "BACKOFF"
        last_state = state
        if deaths >= DEATHS_BEFORE_GIVING_UP or state == "FATAL":
            raise StackError(f"{process.name} keeps ending right after its start; {last_words(log, log_position)}")
        if time.monotonic() > deadline:
            said = last_words(log, log_position)
            raise StackError(f"{process.name} isn't healthy after {HEALTHY_SECONDS} s: {reason}; {said}")
        reporter.note(reason)
        reporter.sleep(PROBE_EVERY_SECONDS)


def last_words(log: Path, position: int) -> str:
    """The end of a log, from `position` on, for an error's message."""
    if not log.exists():
        return f"{log} doesn't exist"
    with log.open("rb") as file:
        file.seek(position)
        lines = file.read().decode(errors="replace").splitlines()[-LOG_LINES:]
    return "\n  ".join([f"the end of {log}:", *lines])
