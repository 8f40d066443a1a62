"""Processes are found by their mark, also those that nobody supervises any more."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stack.launch import MARK
from stack.system_processes import end, members

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    children: list[subprocess.Popen[bytes]] = []

    def run(code: str, name: str = "thing") -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", f"print(flush=True); {code}"]
        environment = {MARK: f"{tmp_path}#{name}"}
        child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
        children.append(child)
        assert child.stdout is not None
        child.stdout.readline()
        return child

    yield run
    for child in children:
        child.kill()
        child.communicate()


def test_a_process_is_found_by_the_stack_it_belongs_to(start: Start, tmp_path: Path) -> None:
    child = start("import time; time.sleep(60)", "auth-web")

    assert [(m.pid, m.name) for m in members(tmp_path)] == [(child.pid, "auth-web")]
    assert members(tmp_path / "another") == []


def test_end_leaves_nothing_that_ignores_term_or_is_frozen(start: Start, tmp_path: Path) -> None:
    start("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)", "deaf")
    frozen = start("import time; time.sleep(60)", "frozen")
    os.kill(frozen.pid, signal.SIGSTOP)

    ended = end(tmp_path, patience_seconds=0.5)

    assert {member.name for member in ended} == {"deaf", "frozen"}
    assert members(tmp_path) == []


def test_ending_nothing_is_harmless(tmp_path: Path) -> None:
    assert end(tmp_path) == []
