"""A line of TCP between two sockets of this machine: late, held back, ended."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from bench.stacks import free_port
from stack.state import HOST
from tests.drills.slow_line import SlowLine

PATIENCE_SECONDS = 10.0


class Echo(socketserver.StreamRequestHandler):
    """Says each line again, and goodbye at the end."""

    def handle(self) -> None:
        for line in self.rfile:
            self.wfile.write(line)
        self.wfile.write(b"goodbye\n")


@pytest.fixture
def server() -> Iterator[int]:
    """The port of an echo."""
    with socketserver.ThreadingTCPServer((HOST, 0), Echo) as echo:
        echo.daemon_threads = True
        thread = threading.Thread(target=echo.serve_forever)
        thread.start()
        yield echo.server_address[1]
        echo.shutdown()
        thread.join()


@pytest.fixture
def line(server: int) -> Iterator[SlowLine]:
    one = SlowLine(free_port(), server)
    yield one
    one.close()


def call(line: SlowLine) -> socket.socket:
    return socket.create_connection((HOST, line.port), PATIENCE_SECONDS)


def said(connection: socket.socket, word: bytes) -> bytes:
    connection.sendall(word)
    return connection.recv(1024)


def test_it_carries_both_ways(line: SlowLine) -> None:
    with call(line) as connection:
        assert said(connection, b"one\n") == b"one\n"


def test_a_longer_line_answers_later_and_carries_as_much(line: SlowLine) -> None:
    line.lengthen(0.2)
    with call(line) as connection:
        began = time.monotonic()
        for word in range(50):
            connection.sendall(b"%d\n" % word)
        answers = b""
        while answers.count(b"\n") < 50:
            answers += connection.recv(4096)

    assert answers == b"".join(b"%d\n" % word for word in range(50))
    assert 0.2 <= time.monotonic() - began < 50 * 0.2


def test_what_is_held_back_arrives_once_it_passes(line: SlowLine) -> None:
    with call(line) as connection:
        assert said(connection, b"one\n") == b"one\n"
        line.hold()
        connection.sendall(b"two\n")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1024)
        line.let_pass()
        connection.settimeout(PATIENCE_SECONDS)
        assert connection.recv(1024) == b"two\n"


def test_an_end_is_carried_on_and_what_was_said_before_it_too(line: SlowLine) -> None:
    with call(line) as connection:
        connection.sendall(b"one\n")
        connection.shutdown(socket.SHUT_WR)
        answers = b""
        while chunk := connection.recv(1024):
            answers += chunk

    assert answers == b"one\ngoodbye\n"


def test_nobody_behind_it_is_an_end_at_once() -> None:
    line = SlowLine(free_port(), free_port())
    with call(line) as connection:
        assert connection.recv(1024) == b""
    line.close()


def test_who_closes_it_ends_every_connection_and_frees_the_port(server: int) -> None:
    line = SlowLine(free_port(), server)
    with call(line) as connection:
        assert said(connection, b"one\n") == b"one\n"
        line.close()
        assert connection.recv(1024) == b""

    SlowLine(line.port, server).close()
