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
from functools import partial

from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from service_kit.env import Settings
from service_kit.garbage import leave_alone_what_stays
from service_kit.request_bodies import THREADS
from service_kit.web import READINESS

KILL_AFTER_SECONDS = 10
PORT_PATIENCE_SECONDS = 5.0
"""How long a start waits for a port: the worker of a killed predecessor needs a moment to die."""
_PR_SET_PDEATHSIG = 1


def serve(build_app: Callable[[], Flask], settings: Settings, *, threads: int = THREADS) -> None:
    """Serve until SIGTERM; requests in flight are finished, for at most KILL_AFTER_SECONDS.

    `build_app` is called in the worker, once for each worker's life. It may not need a database to be up: a service
    that waits for one says so at /readyz. `threads` is how many requests are worked on at once. Exits with 1 and one
    line when the port is taken.
    """
    _await_free_port(settings.http_host, settings.http_port)
    server = MPServer(
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
    server.serve(target_loader=partial(_load, build_app, os.getpid()), wrap_loader=False)


def _load(build_app: Callable[[], Flask], parent: int) -> Flask:
    """Runs in the worker, before anything of the application exists."""
    _die_with(parent)
    app = build_app()
    app.extensions[READINESS].start()
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
