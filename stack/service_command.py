"""An operator's command of a service, with the variables of one of its processes in this stack."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from stack.layout import ROOT
from stack.running import Stack


def run_as(
    stack: Stack, process: str, module: str, arguments: Sequence[str], more: Mapping[str, str] | None = None
) -> int:
    """Run `python -m module` as `process` would be started, on this terminal, with `more` variables; its exit code."""
    environment = os.environ | stack.env(process) | dict(more or {})
    return subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, env=environment, check=False).returncode
