"""`run -- COMMAND`: a stack that lives as long as a command, such as the tests that need real servers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from stack.down import reset
from stack.errors import StackError
from stack.layout import Layout
from stack.process_list import ProcessList
from stack.running import Stack
from stack.secret_files import SERVICES
from stack.up import up
from stack.variables import LOOPBACK


def run_during(
    layout: Layout, settings: Mapping[str, str], everything: ProcessList, command: Sequence[str], only: str = ""
) -> int:
    """Returns the command's exit code. Whatever happens, no process and no data of the stack is left.

    The stack is this command's alone: what an interrupted run has left of it is removed first.
    """
    if not command:
        raise StackError("run: name a command, after --")
    if layout.state_file.exists():
        print(f"{layout.directory} is left from an earlier run: resetting it", flush=True)
        reset(layout, everything)
    try:
        up(layout, open_to_receivers(settings), everything, only)
        environment = os.environ | server_variables(Stack.load(layout.directory))
        return subprocess.run(command, cwd=layout.root, env=environment, check=False).returncode
    finally:
        reset(layout, everything)
        sys.stdout.flush()


def open_to_receivers(settings: Mapping[str, str]) -> dict[str, str]:
    """Webhooks may go to this machine, where the command's receivers are, and nobody else could ask for it."""
    return {"WEBHOOK_PRIVATE_TARGETS": LOOPBACK, **settings}


def server_variables(stack: Stack) -> dict[str, str]:
    """Where tests/integration finds the real servers, and STACK_DIR for tests/e2e."""
    variables = {
        "STACK_DIR": str(stack.directory),
        "TEST_KAFKA_BOOTSTRAP_SERVERS": stack.address("kafka"),
    }
    for service in SERVICES:
        environment = stack.service_env(service)
        variables[f"TEST_MONGO_URL_{service.upper()}"] = environment["MONGO_URL"]
        variables[f"TEST_REDIS_URL_{service.upper()}"] = environment["REDIS_URL"]
    return variables
