"""The load generator as its user sees it: start a run, watch it, read its book."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from bench.load.book import Entry, Tally, read_book
from bench.load.job import Job

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Progress:
    """How many keys are decided by now, and how many of them are accepted."""

    done: int
    accepted: int


@dataclass(frozen=True)
class Result:
    """A finished run. ``seconds``: length of the measured time; ``began``: seconds since the epoch."""

    tally: Tally
    seconds: float
    began: float
    book: list[Entry]


class LoadFailed(RuntimeError):
    """The generator ended without a tally; its own error stands on standard error."""


class LoadRun:
    """One run in a process of its own, so that watching it costs the clients nothing."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._final: dict[str, object] | None = None
        command = [sys.executable, "-m", "bench.load.generator"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        # Through a pipe rather than arguments: the job carries passwords and tokens.
        assert self._process.stdin is not None  # noqa: S101 - asked for with PIPE
        self._process.stdin.write(job.model_dump_json().encode())
        self._process.stdin.close()

    def progress(self) -> Iterator[Progress]:
        """Yield a few times a second until the run has ended."""
        assert self._process.stdout is not None  # noqa: S101 - asked for with PIPE
        for line in self._process.stdout:
            message = orjson.loads(line)
            if "tally" in message:
                self._final = message
            else:
                yield Progress(**message)

    def result(self) -> Result:
        """Wait for the end and read the book; LoadFailed when the generator broke down."""
        for _ in self.progress():
            pass
        code = self._process.wait()
        if self._final is None or code != 0:
            raise LoadFailed(f"the load generator ended with {code}")
        final = dict(self._final)
        tally = Tally(**final.pop("tally"))  # type: ignore[arg-type]
        return Result(tally=tally, book=read_book(Path(self._job.book_path)), **final)  # type: ignore[arg-type]

    def finish(self) -> None:
        """Ask for the end before its time; the book is whole. Harmless when it has ended."""
        self._process.terminate()

    def stop(self) -> None:
        """End the run at once, without a book; harmless when it has ended."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None  # noqa: S101 - asked for with PIPE
        self._process.stdout.close()
