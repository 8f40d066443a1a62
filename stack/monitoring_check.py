"""Checks monitoring/ with Prometheus' and Alertmanager's own tools, laid out as a stack lays it out."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from stack.errors import StackError
from stack.process_list import ProcessList
from stack.server_config import write_monitoring_config
from stack.state import State


def check_monitoring(root: Path, everything: ProcessList) -> None:
    """Raises StackError with the tool's words on the first thing that is wrong."""
    prometheus = root / "monitoring" / "prometheus"
    rules = sorted([*prometheus.glob("rules/*.yml"), *prometheus.glob("slo/*/*.yml")])
    tests = sorted(prometheus.glob("tests/*.yml"))
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder)
        state = State(offset=0, processes=tuple(p.name for p in everything.processes))
        write_monitoring_config(root / "monitoring", config, state, everything.processes)
        _run("promtool", "check", "config", str(config / "prometheus" / "prometheus.yml"))
        _run("amtool", "check-config", str(config / "alertmanager.yml"))
    _run("promtool", "check", "rules", "--lint-fatal", *map(str, rules))
    _run("promtool", "test", "rules", *map(str, tests))
    _run("amtool", "check-config", str(root / "monitoring" / "alertmanager" / "alertmanager.yml"))
    print(f"monitoring: configuration, {len(rules)} rule files and {len(tests)} test files are sound")


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise StackError(f"{command[0]} is not installed: `python -m stack fetch` installs it") from error
    if done.returncode != 0:
        raise StackError(f"{' '.join(command[:3])} says:\n{done.stdout}{done.stderr}")
