"""Progress for people: a live list on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

NOTE_EVERY_SECONDS = 5.0


class PlainScreen:
    """One line when a step ends, and now and then one on how far a long step is."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._told: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        sys.stdout.flush()

    def begin(self, name: str) -> None:
        self._began[name] = self._told[name] = time.monotonic()

    def note(self, name: str, text: str) -> None:
        now = time.monotonic()
        if now - self._told[name] >= NOTE_EVERY_SECONDS:
            self._told[name] = now
            print(f"  ..  {name}: {text}", flush=True)

    def done(self, name: str, text: str = "") -> None:
        print(f"  ok  {name}{': ' if text else ''}{text} ({self._seconds(name):.1f} s)", flush=True)

    def fail(self, name: str, text: str) -> None:
        print(f" FAIL {name}: {text} ({self._seconds(name):.1f} s)", flush=True)

    def _seconds(self, name: str) -> float:
        return time.monotonic() - self._began[name]


class TerminalScreen:
    """One row a step: what it does now, and for how long."""

    def __init__(self, console: Console) -> None:
        columns = (SpinnerColumn(finished_text=" "), TextColumn("{task.description}"), TimeElapsedColumn())
        self._progress = Progress(*columns, TextColumn("{task.fields[note]}", style="dim"), console=console)
        self._rows: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def begin(self, name: str) -> None:
        self._rows[name] = self._progress.add_task(f"[cyan]{name}", total=1, note="")

    def note(self, name: str, text: str) -> None:
        self._progress.update(self._rows[name], note=_plain(text))

    def done(self, name: str, text: str = "") -> None:
        self._progress.update(self._rows[name], description=f"[green]{name}", note=_plain(text), completed=1)

    def fail(self, name: str, text: str) -> None:
        self._progress.update(self._rows[name], description=f"[red]{name}", note=_plain(text), completed=1)


def _plain(text: str) -> str:
    """One line of bounded length, without rich's markup."""
    line = " ".join(text.split())
    return line.replace("[", "\\[")[:100]


def open_screen() -> PlainScreen | TerminalScreen:
    console = Console()
    return TerminalScreen(console) if console.is_terminal else PlainScreen()
