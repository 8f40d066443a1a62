"""What `up` does for each process and set-up command, as steps that wait for one another."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import httpx

from stack.containers import are_wanted, give_lake
from stack.downloads import step_name
from stack.errors import StackError
from stack.health import Probes
from stack.launch_files import launch_command, write_launch_file
from stack.layout import Layout
from stack.mongo_users import prepare_mongo_elsewhere, prepare_own_mongo
from stack.process_list import Process, ProcessList, SetUp
from stack.redis_users import prepare_redis_elsewhere
from stack.secret_files import SecretFiles
from stack.state import State, write_state
from stack.steps import Reporter, Step
from stack.supervision import Supervisor
from stack.variables import Variables
from stack.waiting import HEALTHY_SECONDS, wait_until_healthy

SET_UP_SECONDS = 120
RELOAD_SECONDS = 20


class StartSteps:
    """Makes the steps; `said` and the state fill while they run."""

    def __init__(
        self,
        layout: Layout,
        state: State,
        settings: Mapping[str, str],
        secrets: SecretFiles,
        variables: Variables,
        supervisor: Supervisor,
    ) -> None:
        self._layout = layout
        self._state = state
        self._settings = settings
        self._secrets = secrets
        self._variables = variables
        self._supervisor = supervisor
        self._in_containers = are_wanted(settings)
        self._probes = Probes(variables.address, secrets)
        self.said: list[str] = []

    def steps(self, here: ProcessList, external: Mapping[str, str]) -> list[Step]:
        """`here`: what is to run on this machine; `external`: addresses of servers elsewhere that only need users."""
        steps = [self._process_step(process) for process in here.processes]
        steps += [self._set_up_step(command) for command in here.set_up if command.name not in self._state.done_once]
        if "mongod" in external:
            url = self._settings["MONGO_ADMIN_URL"]
            steps.append(Step("mongod", lambda _: _elsewhere(prepare_mongo_elsewhere, url, self._secrets)))
        if "redis" in external:
            redis_url = self._settings["REDIS_ADMIN_URL"]
            steps.append(Step("redis", lambda _: _elsewhere(prepare_redis_elsewhere, redis_url, self._secrets)))
        return steps

    def finish(self) -> State:
        write_state(self._layout, self._state)
        return self._state

    def _process_step(self, process: Process) -> Step:
        after = {*process.after, *(step_name(need) for need in process.needs)}
        return Step(process.name, lambda reporter: self._start(process, reporter), after)

    def _set_up_step(self, command: SetUp) -> Step:
        return Step(command.name, lambda reporter: self._set_up(command, reporter), command.after)

    def _start(self, process: Process, reporter: Reporter) -> str:
        """Start it, or again when its command or variables have changed, and wait until it is healthy."""
        changed = self._write_launch_file(process, ours=process.kind == "service")
        alive = self._supervisor.info(process.name).is_alive
        if alive and changed:
            reporter.note("its settings changed: stopping it")
            self._supervisor.stop_process(process.name)
            self._supervisor.wait_until_stopped([process.name], HEALTHY_SECONDS)
        if self._in_containers and "LAKE_DIRECTORY" in process.variables:
            give_lake(self._layout.data / "lake")
        log_position = _size(self._log(process.name))
        self._supervisor.start_process(process.name)
        log = self._log(process.name)
        wait_until_healthy(process, self._probes, self._supervisor, log, reporter, log_position)
        if process.name == "mongod":
            reporter.note("replica set and users")
            prepare_own_mongo(self._variables.address("mongod"), self._secrets)
        if alive and process.reload and not changed:
            self._reload(process)
        if alive:
            return "restarted with its new settings" if changed else "runs"
        return ""

    def _reload(self, process: Process) -> None:
        """Raises StackError with what it says against its configuration."""
        try:
            answer = httpx.post(
                f"http://{self._variables.address(process.name)}{process.reload}", timeout=RELOAD_SECONDS
            )
        except httpx.TransportError as error:
            raise StackError(f"{process.name} runs and does not take its configuration anew: {error}") from error
        if answer.is_error:
            raise StackError(f"{process.name} refuses its configuration: {answer.text.strip()}")

    def _set_up(self, command: SetUp, reporter: Reporter) -> str:
        self._write_launch_file(command, ours=True)
        launch = launch_command(self._layout, command.name)
        try:
            done = subprocess.run(
                launch, cwd=self._layout.root, capture_output=True, text=True, timeout=SET_UP_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise StackError(f"{command.name} didn't end within {SET_UP_SECONDS} s") from error
        if done.returncode != 0:
            lines = (done.stdout + done.stderr).strip().splitlines()[-12:]
            raise StackError("\n  ".join([f"{command.name} ended with {done.returncode}:", *lines]))
        if command.once:
            # What it said holds a password, so it goes to the screen and into no log.
            self.said.append(done.stdout.strip())
            self._state = replace(self._state, done_once=(*self._state.done_once, command.name))
            write_state(self._layout, self._state)
        else:
            with self._log(command.name).open("a") as log:
                log.write(done.stdout + done.stderr)
        return ""

    def _write_launch_file(self, item: Process | SetUp, *, ours: bool) -> bool:
        in_container = ours and self._in_containers
        return write_launch_file(self._layout, self._state, item, self._variables, in_container=in_container)

    def _log(self, name: str) -> Path:
        return self._layout.logs / f"{name}.log"


def _elsewhere(prepare: Callable[[str, SecretFiles], None], url: str, secrets: SecretFiles) -> str:
    prepare(url, secrets)
    return "runs elsewhere"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
