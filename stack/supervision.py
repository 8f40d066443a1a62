"""Supervisor: its configuration, its start, and its XML-RPC interface over a private socket."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from stack.errors import NotRunning, StackError
from stack.launch import MARK
from stack.launch_files import launch_command
from stack.layout import Layout
from stack.process_list import Process

LONGEST_SOCKET_PATH = 90  # Linux ends at 107, and supervisor appends its pid while it binds
ALIVE = ("RUNNING", "STARTING", "STOPPING")
NO_SUCH_PROCESS, ALREADY_STARTED, NOT_STARTED = 10, 60, 70

DAEMON = """\
[supervisord]
logfile={logs}/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile={run}/supervisord.pid
childlogdir={logs}
directory={root}
umask=027
silent=true

[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

# Starting is up to `up`, which knows what waits for what; starting again after a death is supervisor's.
PROGRAM = """
[program:{name}]
command={command}
directory={root}
autostart=false
autorestart=true
startsecs=1
startretries=1000
stopsignal=TERM
stopwaitsecs={stop_seconds}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile={logs}/{name}.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=1
"""
STOP_SECONDS = 20


@dataclass(frozen=True)
class ProcessInfo:
    """As supervisor sees it. `started_at`: seconds since the epoch, 0 when it isn't running."""

    name: str
    state: str
    pid: int
    started_at: int
    detail: str

    @property
    def is_alive(self) -> bool:
        return self.state in ALIVE


def socket_path(layout: Layout) -> Path:
    """In the stack's folder, or in a short private one where that path is too long for a socket."""
    path = layout.run / "supervisor.sock"
    if len(str(path)) <= LONGEST_SOCKET_PATH:
        return path
    short = hashlib.sha256(str(layout.directory).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"stack-{os.getuid()}-{short}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise StackError(f"{folder} belongs to somebody else; use a shorter STACK_DIR")
    return folder / "supervisor.sock"


def daemon_config(layout: Layout, processes: Iterable[Process]) -> str:
    folders = {"logs": _escape(layout.logs), "run": _escape(layout.run), "root": _escape(layout.root)}
    text = DAEMON.format(**folders, socket=_escape(socket_path(layout)))
    for process in processes:
        words = [f'"{_escape(word)}"' for word in launch_command(layout, process.name)]
        text += PROGRAM.format(**folders, name=process.name, command=" ".join(words), stop_seconds=STOP_SECONDS)
    return text


def _escape(value: object) -> str:
    """Supervisor expands %(name)s in every value."""
    return str(value).replace("%", "%%")


class Supervisor:
    """One stack's supervisor. Every call opens its own connection, so threads may share an instance."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def is_running(self) -> bool:
        try:
            with self._rpc() as rpc:
                return bool(rpc.getState()["statename"] == "RUNNING")
        except (OSError, xmlrpc.client.Error):
            return False

    def start(self, processes: Iterable[Process]) -> None:
        """Start the daemon, or have a running one take up a changed list."""
        path = self._layout.config / "supervisord.conf"
        text = daemon_config(self._layout, processes)
        changed = not path.exists() or path.read_text() != text
        path.write_text(text)
        if not self.is_running():
            self._start_daemon(path)
        elif changed:
            self._take_up_changes()

    def _start_daemon(self, config: Path) -> None:
        socket_path(self._layout).unlink(missing_ok=True)
        environment = os.environ | {MARK: f"{self._layout.directory}#supervisord"}
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(config)]
        done = subprocess.run(
            command, cwd=self._layout.root, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise StackError(f"supervisord didn't start: {done.stderr.strip() or done.stdout.strip()}")
        deadline = time.monotonic() + 15
        while not self.is_running():
            if time.monotonic() > deadline:
                raise StackError(f"supervisord doesn't answer: see {self._layout.logs}/supervisord.log")
            time.sleep(0.05)

    def _take_up_changes(self) -> None:
        with self._rpc() as rpc:
            added, changed, removed = rpc.reloadConfig()[0]
            for name in (*changed, *removed):
                rpc.stopProcessGroup(name)
                rpc.removeProcessGroup(name)
            for name in (*added, *changed):
                rpc.addProcessGroup(name)

    def info(self, name: str) -> ProcessInfo:
        """Raises NotRunning when supervisor is away or doesn't know the name."""
        for info in self.infos():
            if info.name == name:
                return info
        raise NotRunning(f"{name} is not part of the stack in {self._layout.directory}")

    def infos(self) -> list[ProcessInfo]:
        try:
            with self._rpc() as rpc:
                answers: Any = rpc.getAllProcessInfo()
        except OSError as error:
            raise NotRunning(f"no stack is running in {self._layout.directory}") from error
        return [ProcessInfo(a["name"], a["statename"], a["pid"], a["start"], a["spawnerr"]) for a in answers]

    def start_process(self, name: str) -> None:
        """Returns at once; harmless when it is running."""
        self._ask_to("startProcess", name, ALREADY_STARTED)

    def stop_process(self, name: str) -> None:
        """Asks it to stop and returns at once; harmless when it is stopped."""
        self._ask_to("stopProcess", name, NOT_STARTED)

    def wait_until_stopped(self, names: Iterable[str], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        waiting = set(names)
        while waiting and time.monotonic() < deadline:
            waiting = {info.name for info in self.infos() if info.name in waiting and info.is_alive}
            time.sleep(0.05 if waiting else 0)

    def shut_down(self) -> None:
        with self._rpc() as rpc:
            rpc.shutdown()

    def _ask_to(self, method: str, name: str, harmless: int) -> None:
        try:
            with self._rpc() as rpc:
                getattr(rpc, method)(name, False)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode != harmless:
                raise StackError(f"{name}: {fault.faultString}") from fault
        except OSError as error:
            raise NotRunning(f"no stack is running in {self._layout.directory}") from error

    @contextmanager
    def _rpc(self) -> Iterator[Any]:
        """Its socket is closed at the end, and left to no garbage collector."""
        transport = SupervisorTransport(None, None, f"unix://{socket_path(self._layout)}")
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            yield proxy.supervisor
