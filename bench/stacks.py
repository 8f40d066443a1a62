"""The stack that a benchmark, a drill or the demo works on: one that runs, or one of its own."""

import argparse
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
from rich.console import Console

from bench.platform import Api, PlatformAway, Urls
from stack.layout import ROOT
from stack.run_during import open_to_receivers
from stack.running import Stack
from stack.state import HOST

DEMO_CLIENT = "demo"
HEALTH_SECONDS = 5


@dataclass(frozen=True)
class Platform:
    """A running stack, for who works on the same machine and may read its secrets. URLs end without a slash."""

    stack: Stack

    @classmethod
    def of(cls, directory: str | Path | None = None) -> "Platform":
        """The stack in ``directory``, else in STACK_DIR; NotRunning when it was never started."""
        return cls(Stack.load(directory))

    @property
    def directory(self) -> Path:
        return self.stack.directory

    @property
    def auth_url(self) -> str:
        return self.url("auth-web")

    @property
    def transaction_url(self) -> str:
        return self.url("transaction-web")

    @property
    def prometheus_url(self) -> str:
        return self.url("prometheus")

    @property
    def zipkin_url(self) -> str:
        return self.url("zipkin")

    @property
    def kafka_bootstrap_servers(self) -> str:
        return self.stack.address("kafka")

    @property
    def mongo_admin_url(self) -> str:
        """MongoDB's administrator: for databases of our own, and to look where no API does."""
        return self.stack.mongo_url("admin", "admin")

    @property
    def ledger_admin_url(self) -> str:
        """The same administrator, at the ledger's own database."""
        name = urlsplit(self.stack.env("transaction-web")["MONGO_URL"]).path
        return urlunsplit(urlsplit(self.mongo_admin_url)._replace(path=name))

    @property
    def redis_url(self) -> str:
        """Redis as the transaction service's user, who may read ``session:*``."""
        return self.stack.env("transaction-web")["REDIS_URL"]

    @property
    def demo_password(self) -> str:
        """Of the demo's people, and of those of benchmarks and drills."""
        return self.stack.secret("demo-password")

    @property
    def public_host(self) -> str:
        """The one host name of every link."""
        return urlsplit(self.public_url("auth-web")).hostname or ""

    def url(self, process: str) -> str:
        """Where the process answers HTTP."""
        return f"http://{self.stack.address(process)}"

    def public_url(self, process: str) -> str:
        """The same as a browser says it: cookies go by the host's name."""
        return self.stack.url(process)

    def api(self) -> Api:
        """The API as the service client ``demo``, which may name an origin, read the journal and ask the pipeline."""
        webs = {field.name: self.url(f"{field.name}-web") for field in fields(Urls)}
        return Api(Urls(**webs), DEMO_CLIENT, self.stack.secret(f"client-{DEMO_CLIENT}"))

    def command_of_auth(self, module: str, *arguments: str, like: str = "first-admin") -> str:
        """Run an operator's command of auth, such as ``grant_role``, on this stack; what it said.

        ``like``: the process or set-up command whose variables it sees.

        Raises PlatformAway when it refused.
        """
        command = [sys.executable, "-m", f"auth_service.{module}", *arguments]
        environment = {**os.environ, **self.stack.env(like)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PlatformAway(f"{module} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        return done.stdout

    def unhealthy(self) -> list[str]:
        """One sentence for each process of ours that is not ready."""
        own = [process.name for process in self.stack.processes if process.kind == "service"]
        return [f"{name} is not ready: {why}" for name in own if (why := self._why_not_ready(name))]

    def _why_not_ready(self, process: str) -> str:
        try:
            answer = httpx.get(f"{self.url(process)}/readyz", timeout=HEALTH_SECONDS)
        except httpx.TransportError as error:
            return str(error)
        return "" if answer.status_code == 200 else answer.text


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def add_stack_arguments(parser: argparse.ArgumentParser, *, default: str) -> None:
    """Which stack to work on."""
    parser.add_argument("--stack", metavar="DIR", help="a running stack to use, instead of starting one")
    parser.add_argument(
        "--own-stack", metavar="DIR", default=default, help=f"folder of the own one (default {default})"
    )
    parser.add_argument("--keep", action="store_true", help="leave the own stack running")


@contextmanager
def chosen_stack(
    options: argparse.Namespace, console: Console, only: Sequence[str] = (), settings: Mapping[str, str] | None = None
) -> Iterator[Platform]:
    """The running stack that was named, or one of our own on free ports, which is stopped and removed at the end.

    ``only``: the processes of the own one; with none, all. ``settings``: more than the environment's, for the own one.
    """
    if options.stack:
        yield Platform.of(options.stack)
        return
    console.print(f"starting a stack of its own in {options.own_stack}")
    try:
        _stack(options.own_stack, "up", *(("--only", ",".join(only)) if only else ()), settings=settings)
        yield Platform.of(options.own_stack)
    finally:
        if not options.keep:
            _stack(options.own_stack, "reset")


def _stack(directory: str, *command: str, settings: Mapping[str, str] | None = None) -> None:
    own = {**(settings or {}), "STACK_DIR": directory, "STACK_PORT_OFFSET": "auto"}
    environment = open_to_receivers(os.environ) | own
    subprocess.run([sys.executable, "-m", "stack", *command], cwd=ROOT, env=environment, check=True)
