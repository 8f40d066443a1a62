"""A process' level changes by a signal, in whatever its main thread is, and goes back by itself."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from service_kit.log_level import AS_SET, MORE, LogLevel
from tests.waiting import eventually

PROCESS = """
    import sys
    from service_kit import log_level, logging

    logging.configure("any", level="{level}")
    log_level.DEBUG_SECONDS = {debug_seconds}
    logging.listen_to_signals()
    logging.listen_to_signals()
    log = logging.get_logger("here")
    print("ready", flush=True)
    for _ in sys.stdin:
        log.debug("fine"), log.info("usual"), log.error("bad")
        print("said", flush=True)
    """


class Process:
    """A process of ours that logs three lines whenever it is asked to."""

    def __init__(self, level: str = "INFO", debug_seconds: float = 900) -> None:
        code = textwrap.dedent(PROCESS.format(level=level, debug_seconds=debug_seconds))
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.until("ready")

    def until(self, word: str) -> list[str]:
        """What it writes up to and with `word`."""
        lines: list[str] = []
        assert self._process.stdout is not None
        for line in self._process.stdout:
            lines.append(line)
            if word in line:
                return lines
        raise AssertionError(f"it ended with {self._process.wait()} before it said {word}: {lines}")

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def events(self) -> list[str]:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        written = " ".join(self.until("said"))
        return [event for event in ("fine", "usual", "bad") if f'"event":"{event}"' in written]

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def process():
    running: list[Process] = []

    def start(**settings) -> Process:
        running.append(Process(**settings))
        return running[-1]

    yield start
    for each in running:
        each.end()


def test_a_signal_makes_a_process_say_more_and_another_ends_it(process) -> None:
    running = process()
    assert running.events() == ["usual", "bad"]

    running.send(MORE)
    assert '"to":"DEBUG"' in running.until("log_level_changed")[-1]
    assert running.events() == ["fine", "usual", "bad"]

    running.send(AS_SET)
    assert '"to":"INFO"' in running.until("log_level_changed")[-1]
    assert running.events() == ["usual", "bad"]


def test_the_way_back_is_to_what_the_settings_say_by_itself_too(process) -> None:
    running = process(level="ERROR", debug_seconds=0.2)
    assert running.events() == ["bad"]

    running.send(MORE)
    # The change to DEBUG is told at a level that an ERROR process shows only while it is DEBUG.
    assert '"to":"DEBUG"' in running.until("log_level_changed")[-1]
    # Back: nothing below ERROR is shown, so it shows in what is left out.
    eventually(lambda: running.events() == ["bad"], what="it is at ERROR again")


def test_a_level_tells_whoever_must_follow() -> None:
    told: list[int] = []
    level = LogLevel()

    level.configure(30, told.append)
    level.more()
    assert level.is_more
    level.as_set()

    assert (told, level.now, level.is_more) == ([30, 10, 30], 30, False)
