"""A process started anew with further variables, as no operator would start it, and put right again."""

import json
from collections.abc import Collection, Mapping

from bench.stacks import Platform
from stack.launch_files import launch_file
from stack.secret_files import write_private
from stack.supervision import STOP_SECONDS, Supervisor


class Relaunch:
    """Of one platform; it remembers how each process was started before."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._before: dict[str, str] = {}

    def start_with(self, names: Collection[str], variables: Mapping[str, str]) -> None:
        """Stop them as an operator would, and start them with `variables` too; waits for no readiness."""
        for name in names:
            path = launch_file(self._platform.stack.layout, name)
            self._before.setdefault(name, path.read_text(encoding="utf-8"))
            write_private(path, with_variables(self._before[name], variables))
        self._start_anew(names)

    def put_right(self) -> None:
        """Start them anew as they were; harmless when nothing was changed."""
        for name, text in self._before.items():
            write_private(launch_file(self._platform.stack.layout, name), text)
        self._start_anew(self._before)
        self._before = {}

    def _start_anew(self, names: Collection[str]) -> None:
        stop(self._platform, names)
        for name in names:
            Supervisor(self._platform.stack.layout).start_process(name)


def stop(platform: Platform, names: Collection[str]) -> None:
    """As an operator would, so that nothing brings them back; they are gone when it returns."""
    supervisor = Supervisor(platform.stack.layout)
    for name in names:
        supervisor.stop_process(name)
    supervisor.wait_until_stopped(names, STOP_SECONDS)


def with_variables(launch: str, variables: Mapping[str, str]) -> str:
    """What stack.launch reads, with these in the process' environment too."""
    document = json.loads(launch)
    document["environment"] |= variables
    return json.dumps(document, indent=2)
