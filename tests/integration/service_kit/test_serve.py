"""A web process comes back by itself after any kill, never shares its port with an orphan, and answers about its health
whatever its clients do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from select import select

import httpx
import pytest

from service_kit.request_bodies import BODIES_AT_ONCE, THREADS
from tests.waiting import eventually

MODULE = "tests.integration.service_kit.served_app"
START_SECONDS = 60
"""A worker imports a whole service; on a busy machine that takes its time."""
Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start(port: int) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def launch() -> subprocess.Popen[str]:
        environment = {**os.environ, "HTTP_PORT": str(port)}
        process = subprocess.Popen([sys.executable, "-m", MODULE], env=environment, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield launch
    for process in started:
        process.kill()
        process.communicate()


def answers(port: int) -> bool:
    try:
        return bool(httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=1).json() == {"status": "alive"})
    except httpx.HTTPError:
        return False


def worker_of(process: subprocess.Popen[str]) -> int | None:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0]) if children else None


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def serving_worker(process: subprocess.Popen[str], port: int) -> int:
    eventually(lambda: answers(port), what="the process serves", within_seconds=START_SECONDS)
    worker = worker_of(process)
    assert worker is not None
    return worker


def test_a_killed_worker_is_replaced(start: Start, port: int) -> None:
    process = start()
    first = serving_worker(process, port)

    os.kill(first, signal.SIGKILL)

    eventually(lambda: worker_of(process) not in (None, first), what="another worker")
    eventually(lambda: answers(port), what="it serves", within_seconds=START_SECONDS)


def test_the_worker_of_a_killed_main_process_dies_with_it_and_a_new_start_takes_the_port(
    start: Start, port: int
) -> None:
    process = start()
    orphan = serving_worker(process, port)

    process.kill()
    successor = start()

    eventually(lambda: not is_alive(orphan), what="the orphan's end")
    eventually(lambda: answers(port), what="the successor serves", within_seconds=START_SECONDS)
    assert successor.poll() is None


def test_a_taken_port_is_one_clear_line(start: Start, port: int) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", port))
        other.listen()

        process = start()
        _, lines = process.communicate(timeout=30)

    assert process.returncode == 1
    assert lines.strip() == f"port {port} on 127.0.0.1 is taken by another process; stop it or set HTTP_PORT"


def test_sigterm_ends_it_cleanly(start: Start, port: int) -> None:
    process = start()
    worker = serving_worker(process, port)

    process.terminate()

    assert process.wait(timeout=20) == 0
    assert not is_alive(worker)


def begin_to_order(port: int) -> socket.socket:
    """The head of a request and the first byte of its body; the others never come."""
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(
        b"POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    return client


def order(port: int) -> int | None:
    """None when there was no answer in time, as from a machine that is busy."""
    try:
        return httpx.post(f"http://127.0.0.1:{port}/v1/orders", json={"name": "tea"}, timeout=2).status_code
    except httpx.TimeoutException:
        return None


def shows_metrics(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=1).status_code == 200
    except httpx.TimeoutException:
        return False


def test_bodies_that_never_come_leave_threads_for_everything_else(start: Start, port: int) -> None:
    clients = THREADS + 20
    serving_worker(start(), port)

    with ExitStack() as connections:
        stalled = [connections.enter_context(begin_to_order(port)) for _ in range(clients)]
        refused = clients - BODIES_AT_ONCE
        eventually(lambda: len(select(stalled, [], [], 0)[0]) == refused, what=f"{refused} of {clients} are refused")

        answered, _, _ = select(stalled, [], [], 0)
        answer = answered[0].recv(65536).decode().lower()
        assert answer.startswith("http/1.1 503")
        assert "\r\nretry-after: 1\r\n" in answer
        assert "\r\nconnection: close\r\n" in answer
        assert "\r\ncontent-type: application/problem+json\r\n" in answer
        eventually(lambda: answers(port), what="it is alive")
        eventually(lambda: shows_metrics(port), what="it shows its metrics")
        eventually(lambda: order(port) == 503, what="an order is refused, not left waiting")

    eventually(lambda: order(port) == 201, what="orders are taken again once the stalled ones are gone")


def test_many_whole_bodies_at_once_are_all_taken(start: Start, port: int) -> None:
    """64 clients are what the platform is measured with; they send their bodies with their heads."""
    serving_worker(start(), port)
    body = b'{"name": "tea"}'
    head = (
        b"POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )

    with ExitStack() as connections:
        clients = [connections.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(64)]
        for client in clients:
            client.sendall(head % len(body) + body)

        assert {client.recv(65536)[:12] for client in clients} == {b"HTTP/1.1 201"}
