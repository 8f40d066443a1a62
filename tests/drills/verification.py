"""What the ledger's own command says of its journal."""

import subprocess
import sys

from bench.stacks import Platform
from stack.layout import ROOT


def broken(platform: Platform) -> list[str]:
    """What `python -m transaction_service.verify` finds, in one sentence; empty on a sound ledger."""
    command = [sys.executable, "-m", "transaction_service.verify"]
    environment = platform.stack.env("transaction-ledger-1")
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [f"verify ended with {done.returncode}: {done.stdout[-1_000:]}"]
