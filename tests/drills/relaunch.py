"""Processes started anew in another way, as no operator would start them, and put right again."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from bench.stacks import Platform
from stack.launch_files import launch_file
from stack.secret_files import write_private
from stack.supervision import STOP_SECONDS, Supervisor
from tests.drills import frame


@dataclass(frozen=True)
class Launch:
    """What stack.launch starts: the words of the command, and the variables that it sees."""

    command: list[str]
    environment: dict[str, str]


class Relaunch:
    """Of one platform; it remembers how each process was started before."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._before: dict[str, str] = {}

    def start_with(self, names: Collection[str], change: Callable[[Launch], Launch]) -> None:
        """Stop them as an operator would, and start each by its changed launch; waits for no readiness."""
        for name in names:
            path = launch_file(self._platform.stack.layout, name)
            usual = self._before.setdefault(name, path.read_text(encoding="utf-8"))
            write_private(path, json.dumps(vars(change(Launch(**json.loads(usual)))), indent=2))
        self._start_anew(names)

    def put_right(self, names: Collection[str] | None = None) -> None:
        """Start them anew as they were, or all; harmless for what wasn't changed."""
        before = {name: text for name, text in self._before.items() if names is None or name in names}
        for name, text in before.items():
            write_private(launch_file(self._platform.stack.layout, name), text)
            del self._before[name]
        self._start_anew(before)

    def _start_anew(self, names: Collection[str]) -> None:
        stop(self._platform, names)
        for name in names:
            Supervisor(self._platform.stack.layout).start_process(name)


@contextmanager
def relaunched(platform: Platform, names: Sequence[str], change: Callable[[Launch], Launch]) -> Iterator[None]:
    """Each is started by its changed launch within the block, and by its own again after it.

    One after the other, so that of two that stand in for each other one is always there. Raises RuntimeError when what
    was changed doesn't become ready.
    """
    relaunch = Relaunch(platform)
    try:
        for name in names:
            relaunch.start_with([name], change)
            if trouble := frame.until_healthy(platform):
                raise RuntimeError("; ".join(trouble))
        yield
    finally:
        for name in names:
            relaunch.put_right([name])
            frame.until_healthy(platform)


def stop(platform: Platform, names: Collection[str]) -> None:
    """As an operator would, so that nothing brings them back; they are gone when it returns."""
    supervisor = Supervisor(platform.stack.layout)
    for name in names:
        supervisor.stop_process(name)
    supervisor.wait_until_stopped(names, STOP_SECONDS + 5)


def with_variables(launch: Launch, variables: Mapping[str, str]) -> Launch:
    """The same command, which sees these too."""
    return replace(launch, environment={**launch.environment, **variables})
