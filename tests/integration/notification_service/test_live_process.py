"""The live process over granian, MongoDB and Redis: it brings things at once, notices who hangs up, ends promptly."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import orjson
import pytest

from notification_service.domain import notifications_of
from notification_service.hints import RedisHints
from notification_service.storage.notifications import MongoNotifications
from notification_service.stream import KEEP_ALIVE_SECONDS, POLL_SECONDS, SLOW_SECONDS
from service_kit import redis_store
from service_kit.serve import KILL_AFTER_SECONDS
from tests.integration.notification_service.served_live import MOST, PATIENCE
from tests.unit.notification_service.events import BOB, NOW, posted
from tests.waiting import eventually

UNREAD = 8_000
"""Notifications enough to fill every buffer on the way to a client that doesn't read."""
MODULE = "tests.integration.notification_service.served_live"


class Live:
    """The process, and its clients."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=1).status_code == 200
        except httpx.HTTPError:
            return False

    def metric(self, name: str) -> float | None:
        """None when there was no answer in time: on a busy machine a later question gets one."""
        try:
            lines = httpx.get(f"{self.url}/metrics", timeout=5).text.splitlines()
        except httpx.TimeoutException:
            return None
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

    def shows(self, name: str, value: float, *, what: str, within_seconds: float = 20) -> None:
        """Wait until the metric has that value; fails, naming `what`, when it hasn't in time."""
        eventually(lambda: self.metric(name) == value, what=what, within_seconds=within_seconds)

    def connect(self, last_event_id: bytes = b"0") -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=2 * POLL_SECONDS)
        head = f"GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {BOB}\r\nLast-Event-ID: "
        client.sendall(head.encode() + last_event_id + b"\r\n\r\n")
        return client


@pytest.fixture
def live(collections, mongo_url, redis_url) -> Iterator[Live]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    stores = {"MONGO_URL": mongo_url("notification_service"), "REDIS_URL": redis_url("notification_service")}
    environment = {**os.environ, **stores, "HTTP_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", MODULE], env=environment)
    served = Live(process, port)
    try:
        eventually(served.answers, what="the process serves", within_seconds=60)
        yield served
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def hints(redis_url) -> RedisHints:
    return RedisHints(redis_store.connect(redis_url("notification_service"), "test"))


def until(client: socket.socket, mark: bytes) -> bytes:
    """What came up to `mark`; fails when the stream ends before."""
    came = b""
    while mark not in came:
        chunk = client.recv(65536)
        assert chunk, f"the stream ended without {mark!r}"
        came += chunk
    return came


def test_with_a_hint_it_comes_at_once_and_without_one_by_the_poll(live, collections, hints):
    store = MongoNotifications(collections)
    with live.connect() as client:
        until(client, b"retry:")
        store.add(notifications_of(posted(1)), NOW, NOW)
        hinted_at = time.monotonic()
        hints.tell([BOB])
        first = until(client, b'"position":1')
        assert time.monotonic() - hinted_at < POLL_SECONDS / 2
        assert (
            orjson.loads(first.partition(b"event: notification\ndata: ")[2].partition(b"\n")[0])["title"]
            == "You received €12.50"
        )

        store.add(notifications_of(posted(2)), NOW, NOW)
        until(client, b'"position":2')


def test_whoever_hangs_up_gives_the_place_back(live):
    with ExitStack() as connections:
        for _ in range(MOST):
            until(connections.enter_context(live.connect()), b"retry:")
        live.shows("notification_live_streams", MOST, what="every place is taken")
        with live.connect() as late:
            assert late.recv(65536).startswith(b"HTTP/1.1 503")

    live.shows("notification_live_streams", 0, what="every place is free", within_seconds=KEEP_ALIVE_SECONDS + 10)


def test_who_does_not_read_is_dropped_and_goes_on_from_what_was_read(live, collections, hints):
    store = MongoNotifications(collections)
    told = [each for position in range(1, UNREAD + 1) for each in notifications_of(posted(position))]
    store.add([each for each in told if each.user_id == BOB], NOW, NOW)
    with live.connect() as client, live.connect() as reader:
        before = until(reader, b'"position":%d,' % UNREAD)
        live.shows(
            'notification_live_ended_total{reason="too_slow"}',
            1,
            what="the one who doesn't read is dropped",
            within_seconds=PATIENCE.seconds + SLOW_SECONDS + 20,
        )
        live.shows("notification_live_streams", 1, what="only the one who reads has a place")
        came = rest(client)
    last = re.findall(rb"\nid: (\d+)\nevent: notification\ndata: [^\n]*\n\n", came)[-1]
    assert len(came) < len(before) / 2

    with live.connect(last_event_id=last) as again:
        came += until(again, b'"position":%d,' % UNREAD)
    assert {int(number) for number in re.findall(rb'"position":(\d+),', came)} == set(range(1, UNREAD + 1))


def rest(client: socket.socket) -> bytes:
    """What the client's own machine has of it, up to the end of the connection."""
    came = b""
    try:
        while chunk := client.recv(65536):
            came += chunk
    except ConnectionResetError:
        pass
    return came


def test_clients_that_leave_before_the_answer_hold_no_place(live):
    for _ in range(100):
        live.connect().close()
    live.shows("notification_live_streams", 0, what="every place is free")


def test_sigterm_ends_every_stream_promptly(live):
    with ExitStack() as connections:
        for _ in range(5):
            until(connections.enter_context(live.connect()), b"retry:")
        asked_at = time.monotonic()
        live.process.terminate()
        assert live.process.wait(timeout=20) == 0
        assert time.monotonic() - asked_at < KILL_AFTER_SECONDS / 2


def test_a_killed_worker_is_replaced_behind_the_same_socket(live):
    (worker,) = (int(pid) for pid in children_of(live.process.pid) if "resource_tracker" not in command_of(pid))
    with live.connect() as client:
        until(client, b"retry:")
        os.kill(worker, signal.SIGKILL)
        assert rest(client)[-3:] != b"0\r\n"
    eventually(live.answers, what="another serves", within_seconds=60)
    with live.connect() as client:
        until(client, b"retry:")


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def command_of(pid: str) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()
