"""`up`: from whatever there is to a stack in which everything is healthy."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from stack import containers
from stack.downloads import describe, download_steps
from stack.errors import StackError
from stack.external import external_addresses
from stack.layout import Layout
from stack.packages import ask_for_root
from stack.ports import choosing, free_offset, require_free, wanted_offset
from stack.process_list import ProcessList
from stack.screens import open_screen
from stack.secret_files import SecretFiles
from stack.server_config import write_server_config
from stack.start_steps import StartSteps
from stack.state import State, read_state, write_state
from stack.steps import Step, run_steps
from stack.supervision import Supervisor
from stack.system_processes import end
from stack.variables import Variables

FRESH_MEGABYTES, USUAL_MEGABYTES = 2500, 500


@dataclass(frozen=True)
class Started:
    """`said`: what commands that run once had to tell, such as the first administrator's password."""

    state: State
    variables: Variables
    said: tuple[str, ...]


def up(layout: Layout, settings: Mapping[str, str], everything: ProcessList, only: str = "") -> Started:
    """Harmless when it all runs already. Raises StackError with the one line that says what is in the way."""
    chosen = everything.only(only) if only else everything
    external = external_addresses(everything.processes, settings)
    here = ProcessList(tuple(p for p in chosen.processes if p.name not in external), chosen.set_up)
    needs = {need for process in here.processes for need in process.needs}
    announce(layout, needs)
    downloads = download_steps(layout, needs)
    _require_space(layout, fresh=bool(downloads))
    layout.make_folders()
    if containers.are_wanted(settings):
        containers.require(here)
    with _alone(layout):
        return _start(layout, settings, everything, here, external, downloads)


def _start(
    layout: Layout,
    settings: Mapping[str, str],
    everything: ProcessList,
    here: ProcessList,
    external: Mapping[str, str],
    downloads: Sequence[Step],
) -> Started:
    secrets = SecretFiles(layout.secrets)
    secrets.generate_missing()
    supervisor = Supervisor(layout)
    if not supervisor.is_running():
        end(layout.directory)
    with choosing():
        state = _claim_ports(layout, settings, everything, here, supervisor, external)
    variables = Variables(layout, state, everything, secrets, settings)
    write_server_config(layout, state, everything, secrets, variables)
    supervisor.start(p for p in everything.processes if p.name in state.processes)
    starting = StartSteps(layout, state, settings, secrets, variables, supervisor)
    steps: list[Step] = [*downloads, *starting.steps(here, external)]
    with open_screen() as screen:
        run_steps(steps, screen)
    return Started(starting.finish(), variables, tuple(starting.said))


@contextmanager
def _alone(layout: Layout) -> Iterator[None]:
    """A second `up` of the same stack waits, and then finds that it all runs."""
    with (layout.run / "up.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def announce(layout: Layout, needs: set[str]) -> None:
    """Say what is going to be installed before it is, and get leave for it."""
    lines = describe(layout, needs)
    for line in lines:
        print(line, flush=True)
    if any("apt" in line for line in lines):
        ask_for_root()


def _require_space(layout: Layout, *, fresh: bool) -> None:
    needed = FRESH_MEGABYTES if fresh else USUAL_MEGABYTES
    folder = layout.directory
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < needed:
        raise StackError(f"disk full: {free} MB free at {folder}, {needed} MB are needed; free some or set STACK_DIR")


def _claim_ports(
    layout: Layout,
    settings: Mapping[str, str],
    everything: ProcessList,
    here: ProcessList,
    supervisor: Supervisor,
    external: Mapping[str, str],
) -> State:
    """The ports are probed only for what doesn't run yet, and written down before others may choose."""
    before = read_state(layout)
    alive = {info.name for info in supervisor.infos() if info.is_alive} if supervisor.is_running() else set()
    offset = wanted_offset(settings)
    if alive and before:
        if offset not in (None, before.offset):
            raise StackError(f"the stack runs with STACK_PORT_OFFSET={before.offset}: `make down` first to change it")
        offset = before.offset
    if offset is None:
        offset = _remembered(before, everything)
    if offset is None:
        offset = free_offset(everything.processes, layout.directory)
    require_free((p for p in here.processes if p.name not in alive), offset)
    names = {p.name for p in here.processes} | (set(before.processes) & alive if before else set())
    state = State(
        offset=offset,
        public_host=settings.get("PUBLIC_HOST", "localhost"),
        processes=tuple(p.name for p in everything.processes if p.name in names),
        external=dict(external),
        done_once=before.done_once if before else (),
    )
    write_state(layout, state)
    return state


def _remembered(before: State | None, everything: ProcessList) -> int | None:
    """The offset of last time, while nobody else has taken a port of it."""
    if before is None:
        return None
    try:
        require_free(everything.processes, before.offset)
    except StackError:
        return None
    return before.offset


def fetch(layout: Layout, everything: ProcessList, also: Sequence[str] = ()) -> None:
    """Only the downloads: what `up` would install, and what the tests need besides, such as "browser"."""
    needs = {need for process in everything.processes for need in process.needs} | set(also)
    announce(layout, needs)
    steps = download_steps(layout, needs)
    if steps:
        _require_space(layout, fresh=True)
        with open_screen() as screen:
            run_steps(steps, screen)
