"""`restart`: stop and start, one process or all of ours, and wait until they are healthy."""

from __future__ import annotations

from stack.process_list import load_process_list
from stack.running import Stack
from stack.screens import open_screen
from stack.status import probes_of
from stack.steps import Reporter, Step, run_steps
from stack.supervision import STOP_SECONDS, Supervisor
from stack.waiting import wait_until_healthy


def restart(stack: Stack, name: str = "") -> None:
    """`name`: one process; without it every service process, as after a change of code. Raises StackError."""
    chosen = [load_process_list().process(name)] if name else [p for p in stack.processes if p.kind == "service"]
    supervisor = Supervisor(stack.layout)
    probes = probes_of(stack)
    names = [process.name for process in chosen]
    for one in names:
        supervisor.stop_process(one)
    supervisor.wait_until_stopped(names, STOP_SECONDS + 5)

    def start(one: str) -> Step:
        process = stack_process[one]

        def run(reporter: Reporter) -> str:
            supervisor.start_process(one)
            wait_until_healthy(process, probes, supervisor, stack.log(one), reporter)
            return ""

        return Step(one, run)

    stack_process = {process.name: process for process in chosen}
    with open_screen() as screen:
        run_steps([start(one) for one in names], screen)
