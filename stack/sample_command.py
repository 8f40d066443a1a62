"""A sample for a stack: `python -m sample` with the addresses of its databases and the folder of its lake."""

from __future__ import annotations

import os
import subprocess
import sys

from stack.errors import StackError
from stack.layout import ROOT
from stack.running import Stack

LEDGER_MOST = 100_000
"""As sample.__main__ has it."""
REPORTS_ONLY = "auth-web,analytics-web,analytics-reporter"


def make_sample(stack: Stack, size: str, seed: str) -> int:
    """Fill the databases and the lake of a stack that has nothing yet; returns the command's exit code.

    Raises StackError while services of the stack run: they would write beside it.
    """
    running = [process.name for process in stack.processes if process.kind == "service"]
    if running:
        raise StackError(
            f"{running[0]} runs in {stack.directory}: a sample is for an empty stack, `make reset` makes one"
        )
    analytics, ledger = (stack.service_env(f"{name}_service") for name in ("analytics", "transaction"))
    environment = os.environ | {
        "MONGO_URL_ANALYTICS": analytics["MONGO_URL"],
        "MONGO_URL_LEDGER": ledger["MONGO_URL"],
    }
    command = [sys.executable, "-m", "sample", str(stack.layout.data / "sample"), "--size", size, "--seed", seed]
    command += ["--lake", str(stack.layout.data / "lake")]
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if code == 0:
        whole = size.isdigit() and int(size) <= LEDGER_MOST
        only = "" if whole else f" ONLY={REPORTS_ONLY}"
        print(f"STACK_DIR={stack.directory} STACK_PORT_OFFSET=auto make up{only}")
        if not whole:
            print("(without a ledger: its positions would be those that the lake has already)")
    return code
