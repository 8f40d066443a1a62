"""A process that asks itself: again and again, whether or not it got an answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from structlog.testing import capture_logs

from service_kit.knock import Knocker

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """A process that answers as the test says."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)
        yield listening


@pytest.fixture
def knocker(door) -> Iterator[Knocker]:
    knocker = Knocker("127.0.0.1", door.getsockname()[1], period_seconds=0.01)
    knocker.start()
    yield knocker
    knocker.stop()


def asked(door: socket.socket) -> socket.socket:
    connection, _ = door.accept()
    assert connection.recv(4096).startswith(b"GET /healthz HTTP/1.1\r\n")
    return connection


def test_it_asks_again_after_each_answer(door, knocker):
    for _ in range(3):
        with asked(door) as connection:
            connection.sendall(ANSWER)


def test_a_question_that_stays_unanswered_is_followed_by_the_next_and_logged_once(door, knocker):
    with ExitStack() as unanswered, capture_logs() as logs:
        for _ in range(2):
            unanswered.enter_context(asked(door))
        with asked(door) as third:
            third.sendall(ANSWER)
        unanswered.enter_context(asked(door))
        assert [line["event"] for line in logs] == ["own_question_unanswered", "own_question_answered"]


def test_a_process_that_listens_everywhere_is_asked_on_its_own_machine(door):
    knocker = Knocker("0.0.0.0", door.getsockname()[1], period_seconds=0.01)
    knocker.start()
    asked(door).close()
    knocker.stop()


def test_while_nobody_listens_it_says_nothing_and_goes_on():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = closed.getsockname()
    knocker = Knocker(*address, period_seconds=0.01)
    with capture_logs() as logs:
        knocker.start()
        with socket.create_server(address) as listening, asked(listening):
            assert logs == []
        knocker.stop()
