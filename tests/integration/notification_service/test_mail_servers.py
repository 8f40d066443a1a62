"""E-mail by real SMTP: whatever the mail server does, each delivery ends where it should."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from prometheus_client import CollectorRegistry

from notification_service.domain import Channel, DeliveryState, Outcome
from notification_service.domain.patience import Patience
from notification_service.mail.carrier import MailCarrier
from notification_service.mail.letters import LetterWriter, Places
from notification_service.metrics import DeliveryMetrics
from notification_service.ports import Person
from notification_service.use_cases.deliver import Deliver
from service_kit.clock import SystemClock
from service_kit.smtp import TAKEN_STEPS, MailServer, SmtpPost
from tests.manual_clock import ManualClock
from tests.unit.notification_service.events import ANN, NOW
from tests.unit.notification_service.memory import MemoryDeliveries, MemoryPeople
from tests.unit.notification_service.orders import mail

TIMEOUT = 0.5


class MailServerDouble:
    """Answers each RCPT and DATA with the next of what it was told, then with 250; `delay` seconds before it does."""

    def __init__(self, rcpt: tuple[str, ...] = (), data: tuple[str, ...] = (), delay: float = 0.0) -> None:
        self.rcpt, self.data, self.delay = list(rcpt), list(data), delay
        self.taken: list[str] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.rcpt.pop(0) if self.rcpt else "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's names
        await asyncio.sleep(self.delay)
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer.startswith("250"):
            self.taken.append(envelope.content.decode())
        return answer


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def serving(double: MailServerDouble) -> Iterator[int]:
    server = Controller(double, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        yield int(server.port)
    finally:
        server.stop()


class Desk:
    """One delivery and everything it has to do with; `attempt` is one try."""

    def __init__(self, port: int) -> None:
        self.clock, self.store, people = ManualClock(NOW), MemoryDeliveries(), MemoryPeople()
        people.keep([Person(ANN, "ann", ("user",), NOW, "ann@example.com", True)])
        places = Places(
            "http://localhost:5002", "http://localhost:5001", "http://localhost:5000", "http://localhost:5003"
        )
        write = LetterWriter("no-reply@example.com", places, self.clock.now)
        post = SmtpPost(MailServer("127.0.0.1", port, timeout_seconds=TIMEOUT), SystemClock())
        carriers = {Channel.EMAIL: MailCarrier(people, write, post)}
        metrics = DeliveryMetrics(CollectorRegistry())
        self.deliver = Deliver(self.store, carriers, Patience(), metrics, self.clock)
        self.store.add([mail()], NOW)

    def attempt(self) -> tuple[str, str | None]:
        (claimed,) = self.store.claim({"email": 1}, self.clock.now(), self.clock.now() + timedelta(minutes=1))
        self.deliver.attempt(claimed)
        self.clock.advance(3_600)
        last = self.store.find(mail().id).attempts[-1]
        return str(last.outcome), last.cause

    @property
    def state(self) -> str:
        return str(self.store.find(mail().id).state)


def test_one_that_refuses_for_good_makes_it_dead() -> None:
    for refusal in ({"rcpt": ("550 no such user",)}, {"data": ("554 spam",)}):
        with serving(MailServerDouble(**refusal)) as port:
            desk = Desk(port)
            assert desk.attempt() == (Outcome.REFUSED, "refused_by_mail_server")
            assert desk.state == DeliveryState.DEAD
            assert desk.store.find(mail().id).attempts[-1].status in (550, 554)


def test_greylisting_delays_and_then_it_is_delivered() -> None:
    double = MailServerDouble(rcpt=("451 try again later",))
    with serving(double) as port:
        desk = Desk(port)
        assert desk.attempt() == (Outcome.DELAYED, "delayed_by_mail_server")
        assert desk.state == DeliveryState.PENDING
        assert desk.attempt() == (Outcome.DELIVERED, None)
    assert f"<{mail().id}@example.com>" in double.taken[0]


def test_one_that_is_slow_but_answers_is_waited_for() -> None:
    """A scanner may take its time over a letter; who gave up would send it again, though it was taken."""
    double = MailServerDouble(delay=TIMEOUT * (TAKEN_STEPS - 1))
    with serving(double) as port:
        assert Desk(port).attempt() == (Outcome.DELIVERED, None)
    assert len(double.taken) == 1


def test_one_that_asks_to_come_later_is_away() -> None:
    with serving(MailServerDouble(data=("421 closing",))) as port:
        desk = Desk(port)
        assert desk.attempt() == (Outcome.AWAY, "mail_server_away")
        assert desk.attempt() == (Outcome.DELIVERED, None)


def test_one_that_hangs_after_the_letter_is_away_and_what_it_gets_again_has_the_same_id() -> None:
    double = MailServerDouble(delay=TIMEOUT * (TAKEN_STEPS + 1))
    with serving(double) as port:
        desk = Desk(port)
        assert desk.attempt() == (Outcome.AWAY, "mail_server_away")
        double.delay = 0.0
        assert desk.attempt() == (Outcome.DELIVERED, None)
        assert all(f"Message-ID: <{mail().id}@example.com>" in each for each in double.taken)


def hangs(connection: socket.socket) -> None:
    """Takes the connection and says nothing."""


def hangs_up(connection: socket.socket) -> None:
    connection.close()


def talks_something_else(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize("behaves", [hangs, hangs_up, talks_something_else])
def test_one_that_is_no_mail_server_is_away(behaves: Callable[[socket.socket], None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        desk = Desk(listening.getsockname()[1])
        accepted: list[socket.socket] = []

        def answer() -> None:
            connection, _ = listening.accept()
            accepted.append(connection)
            behaves(connection)

        Thread(target=answer, daemon=True).start()
        assert desk.attempt() == (Outcome.AWAY, "mail_server_away")
        assert desk.state == DeliveryState.PENDING
        for connection in accepted:
            connection.close()


def test_one_that_is_not_there_is_away() -> None:
    assert Desk(free_port()).attempt() == (Outcome.AWAY, "mail_server_away")
