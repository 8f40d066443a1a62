"""A stack as tests, benchmarks and the demo see it: where everything is, and with which keys to open it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stack.compose.secrets import GivenSecrets
from stack.elsewhere import state_elsewhere
from stack.errors import NotRunning
from stack.java import find_java
from stack.launch_files import read_environment
from stack.layout import Layout, read_settings
from stack.process_list import Process, load_process_list
from stack.secret_files import SecretFiles
from stack.state import State, require_state
from stack.supervision import Supervisor
from stack.variables import Secrets, Variables


@dataclass(frozen=True)
class Stack:
    """Made by `load`; names are those of processes.yaml. Every method raises StackError for an unknown name."""

    layout: Layout
    state: State
    _variables: Variables
    _secrets: Secrets
    is_elsewhere: bool = False

    @classmethod
    def load(cls, stack_dir: str | Path | None = None) -> Stack:
        """The stack in `stack_dir`, else in STACK_DIR, else in `.stack`; NotRunning when there was never one.

        With PLATFORM_ADDRESS set, the platform there: then the folder is only where the demo writes.
        """
        settings = read_settings()
        layout = Layout.of(settings, stack_dir)
        everything = load_process_list()
        elsewhere = None if stack_dir else state_elsewhere(settings, everything)
        state = elsewhere or require_state(layout)
        secrets: Secrets = GivenSecrets(settings) if elsewhere else SecretFiles(layout.secrets)
        if elsewhere:
            layout.directory.mkdir(parents=True, exist_ok=True)
        variables = Variables(layout, state, everything, secrets, settings)
        return cls(layout, state, variables, secrets, is_elsewhere=elsewhere is not None)

    @property
    def directory(self) -> Path:
        return self.layout.directory

    @property
    def processes(self) -> tuple[Process, ...]:
        """Those that run on this machine, or all of a platform elsewhere."""
        return tuple(p for p in load_process_list().processes if p.name in self.state.processes)

    def url(self, name: str) -> str:
        """`http://localhost:5000` for "auth-web": as a browser sees it, without a slash at the end."""
        return self._variables.public_url(name)

    def address(self, name: str) -> str:
        """`127.0.0.1:9092` for "kafka", wherever it runs."""
        return self._variables.address(name)

    def port(self, name: str, which: str = "main") -> int:
        """`which`: one of the names under `ports` in processes.yaml, such as "commands" of a ledger."""
        return self.state.port(load_process_list().process(name).base_ports[which])

    def env(self, name: str) -> dict[str, str]:
        """The variables of a process or set-up command, secrets too. Of one that was not started it is made anew."""
        if not self.is_elsewhere:
            try:
                return read_environment(self.layout, name)
            except NotRunning:
                pass  # it was not started here
        item = next((item for item in load_process_list().items if item.name == name), None)
        return self._variables.of(item or load_process_list().process(name))

    def service_env(self, service: str) -> dict[str, str]:
        """Every variable that a process of this service may be given: MONGO_URL, REDIS_URL ..."""
        return self._variables.of_service(service)

    def mongo_url(self, user: str, database: str) -> str:
        """`user`: a service, or "admin" (database "admin") for a test that looks at everything."""
        return self._variables.mongo_url(user, self.secret(f"mongo-{user}"), database)

    def secret(self, name: str) -> str:
        """A file of the secrets folder, such as "client-demo" or "demo-password"."""
        return self._secrets[name]

    def pid(self, name: str) -> int:
        """Of the process that supervisor started (a web process' main); NotRunning when it is not running."""
        info = Supervisor(self.layout).info(name)
        if not info.pid:
            raise NotRunning(f"{name} is not running ({info.state})")
        return info.pid

    def log(self, name: str) -> Path:
        """Its output, as it came."""
        return self.layout.logs / f"{name}.log"

    def java_command(self, main_class: str) -> list[str]:
        """A tool of Kafka's own, such as org.apache.kafka.tools.consumer.ConsoleConsumer; add its arguments."""
        return [find_java() or "java", "-cp", f"{self.layout.servers}/kafka/*", main_class]
