"""Runs a web application under granian: one process, many threads, back by itself after any kill.

A killed worker is started again by granian's main process; a killed main process by the process manager, and its
worker dies with it: an orphan would keep serving and share the port with its successor (SO_REUSEPORT).
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.net import SocketSpec
from granian.server.mp import MPServer

from service_kit.env import Settings
from service_kit.garbage import leave_alone_what_stays
from service_kit.knock import Knocker
from service_kit.log_level import pass_on
from service_kit.request_bodies import THREADS
from service_kit.web import READINESS

KILL_AFTER_SECONDS = 10
PORT_PATIENCE_SECONDS = 5.0
"""How long a start waits for a port: the worker of a killed predecessor needs a moment to die."""
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Patience:
    """What a client may leave unread: after `seconds` without room for more the kernel drops the connection, and
    `buffer_bytes` are what it keeps of each meanwhile."""

    seconds: float
    buffer_bytes: int


def serve(
    build_app: Callable[[], Flask], settings: Settings, *, threads: int = THREADS, patience: Patience | None = None
) -> None:
    """Serve until SIGTERM; requests in flight are finished, for at most KILL_AFTER_SECONDS.

    `build_app` is called in the worker, once for each worker's life. It may not need a database to be up: a service
    that waits for one says so at /readyz. `threads` is how many requests are worked on at once. Who streams answers
    without end needs `patience`, since a thread waits for as long as its client doesn't read. Exits with 1 and one line
    when the port is taken.
    """
    _await_free_port(settings.http_host, settings.http_port)
    server = _Server(
        patience,
        target=build_app.__module__,
        address=settings.http_host,
        port=settings.http_port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=1,
        blocking_threads=threads,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_AFTER_SECONDS,
        log_level=LogLevels.error,
        log_access=False,
    )
    pass_on(server.worker_pids)
    load = partial(_load, build_app, os.getpid(), settings.http_host, settings.http_port)
    server.serve(target_loader=load, wrap_loader=False)


class _Server(MPServer):
    """Granian, whose workers share one listening socket where there is `patience`: connections inherit its options.

    By itself each worker makes a socket of its own, out of our reach. TCP_USER_TIMEOUT (tcp(7)) also ends connections
    whose client acknowledges everything and never makes room (kernels from 5.11 on).
    """

    def __init__(self, patience: Patience | None, **options: Any) -> None:
        super().__init__(**options)
        self._patience = patience

    def worker_pids(self) -> list[int]:
        """Of the workers that there are now."""
        return [worker.inner.pid for worker in list(self.wrks) if worker.inner.pid is not None]

    def _init_shared_socket(self) -> None:
        super()._init_shared_socket()
        if self._patience is None:
            return
        holder: Any = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()
        shared = socket.socket(fileno=holder.get_fd())
        shared.set_inheritable(True)
        shared.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self._patience.seconds * 1000))
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._patience.buffer_bytes)
        self._ssp, self._shd, self._sso = None, holder, shared


def _load(build_app: Callable[[], Flask], parent: int, host: str, port: int) -> Flask:
    """Runs in the worker, before anything of the application exists."""
    _die_with(parent)
    app = build_app()
    app.extensions[READINESS].start()
    Knocker(host, port).start()
    leave_alone_what_stays()
    return app


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent ends (Linux; prctl(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        # It ended before the kernel had been asked.
        os.kill(os.getpid(), signal.SIGKILL)


def _await_free_port(host: str, port: int) -> None:
    """Granian binds with SO_REUSEPORT and would silently share a taken port; look without it first."""
    deadline = time.monotonic() + PORT_PATIENCE_SECONDS
    while not _is_free(host, port):
        if time.monotonic() > deadline:
            sys.stderr.write(f"port {port} on {host} is taken by another process; stop it or set HTTP_PORT\n")
            raise SystemExit(1)
        time.sleep(0.1)


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
