"""The way of a letter: its order is taken, who gets it is looked up, its link is made, it is handed over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage

import structlog
from opentelemetry.trace import SpanKind
from pymongo.errors import PyMongoError

from auth_service import opaque_tokens
from auth_service.domain import LETTERS_PER_WINDOW, LINK_LIFETIME, MailLink, MailOrder, User, letters_window
from auth_service.letters import Letter
from auth_service.metrics import MailerMetrics
from auth_service.ports import MailOrders, Users
from service_kit.clock import Clock
from service_kit.outage_log import OutageLog
from service_kit.process import Progress, StopSignal
from service_kit.smtp import LetterDelayed, LetterRefused, MailServerAway
from service_kit.tracing import span

POLL_SECONDS = 0.1
TROUBLE_SECONDS = 2.0
GAUGES_SECONDS = 2.0
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(minutes=5)
LEASE = timedelta(seconds=120)
"""Longer than all timeouts of one hand-over together; a mailer that dies in it leaves the order to the next."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Mailer:
    """Sends what is ordered. A kill between the hand-over and the note of it makes a letter come twice; none is lost.

    Args:
        write: makes the message.
        post: hands it over to an address; raises MailServerAway, LetterRefused, LetterDelayed.
        measure: refreshes the gauges; raises PyMongoError.
    """

    orders: MailOrders
    users: Users
    write: Callable[[Letter], EmailMessage]
    post: Callable[[EmailMessage, str], None]
    metrics: MailerMetrics
    progress: Progress
    clock: Clock
    measure: Callable[[], None]
    new_token: Callable[[], str] = opaque_tokens.new_token

    def run(self, stop: StopSignal) -> None:
        """Until `stop`: a look every POLL_SECONDS; at once after a letter, later while something is away."""
        store = OutageLog(_log, "mailer_has_no_store", "mailer_has_its_store")
        server = OutageLog(_log, "mailer_waits", "mailer_goes_on")
        measured_at = float("-inf")
        while not stop.is_set():
            self.progress.beat()
            try:
                if self.clock.monotonic() - measured_at > GAUGES_SECONDS:
                    self.measure()
                    measured_at = self.clock.monotonic()
                found = self.send_next()
            except MailServerAway as error:
                server.failed(error)
                stop.wait(TROUBLE_SECONDS)
            except PyMongoError as error:
                store.failed(error)
                stop.wait(TROUBLE_SECONDS)
            else:
                store.succeeded()
                if found:
                    server.succeeded()
                stop.wait(0.0 if found else POLL_SECONDS)

    def send_next(self) -> bool:
        """Deal with the order that has waited longest; return whether there was one. Raises MailServerAway."""
        now = self.clock.now()
        order = self.orders.take(now, now + LEASE)
        if order is None:
            return False
        with span("send letter", {"order.id": order.id}, parent=order.traceparent, kind=SpanKind.CONSUMER):
            outcome = self._send(order, now)
        if outcome not in ("sent", "failed"):
            self.orders.remove(order)
        self.metrics.letters.labels(order.kind, outcome).inc()
        return True

    def _send(self, order: MailOrder, now: datetime) -> str:
        """Hand it over if it still makes sense; return the outcome, one of metrics.MAIL_OUTCOMES."""
        if now >= order.worthless_at:
            _log.warning("letter_given_up", kind=order.kind, order=order.id, tries=order.tries)
            return "given_up"
        letter = self._letter(order)
        if letter is None:
            return "moot"
        if self.orders.sent_since(order.address, letter.kind, now - letters_window(letter.kind)) >= LETTERS_PER_WINDOW:
            _log.warning("letter_withheld", kind=letter.kind, order=order.id)
            return "withheld"
        try:
            message = self.write(letter)
        except Exception as error:  # noqa: BLE001 - logged and counted; no address may keep the other letters from going
            _log.error("letter_unwritable", kind=letter.kind, order=order.id, error=type(error).__name__)
            return "refused"
        return self._hand_over(order, letter, message, now)

    def _hand_over(self, order: MailOrder, letter: Letter, message: EmailMessage, now: datetime) -> str:
        try:
            with self.metrics.hand_over_seconds.time():
                self.post(message, letter.address)
        except MailServerAway:
            self.metrics.letters.labels(order.kind, "failed").inc()
            self.orders.put_off(order, now + pause_after(order.tries))
            raise
        except LetterDelayed as delayed:
            _log.warning("letter_delayed", kind=order.kind, order=order.id, reason=str(delayed))
            self.orders.put_off(order, now + pause_after(order.tries))
            return "failed"
        except LetterRefused as refused:
            _log.warning("letter_refused", kind=order.kind, order=order.id, reason=str(refused))
            return "refused"
        self.orders.sent(order, letter.kind, now)
        return "sent"

    def _letter(self, order: MailOrder) -> Letter | None:
        """The letter as it must be at this moment; None where it would be no use to anybody."""
        person = self._recipient(order)
        if person is None:
            return None
        address = person.email if order.user_id is None else order.address
        letter = Letter(order.id, order.kind, address, person.username, order.ordered_at)
        if order.kind in ("confirm_email", "confirm_new_email"):
            owner = self.users.by_confirmed_email(order.address)
            if owner is not None and owner.id != person.id:
                return _already_registered(letter, owner)
            if owner is not None and order.kind == "confirm_email":
                return None
        return self._linked(order, letter, person)

    def _recipient(self, order: MailOrder) -> User | None:
        if order.user_id is None:
            return self.users.by_confirmed_email(order.address)
        person = self.users.by_id(order.user_id)
        return person if person is not None and _still_wanted(order, person) else None

    def _linked(self, order: MailOrder, letter: Letter, person: User) -> Letter | None:
        """With a fresh link where it has one; None if the order was withdrawn this moment."""
        if order.kind not in LINK_LIFETIME:
            return letter
        token = self.new_token()
        ends = order.worthless_at
        link = MailLink(opaque_tokens.hash_of(token), order.kind, person.id, letter.address, ends, order.about)
        return replace(letter, link=(token, ends)) if self.orders.link(order, link) else None


def _still_wanted(order: MailOrder, person: User) -> bool:
    """Whether the address is still the person's, or the change of it is still the one that they ask for."""
    if order.kind == "email_changed":
        return True
    if order.about:
        return person.email_change is not None and person.email_change.id == order.about
    return person.email == order.address


def _already_registered(letter: Letter, owner: User) -> Letter:
    """To the owner of the address in place of a link to confirm it (docs/decisions/0006)."""
    return replace(letter, kind="already_registered", address=owner.email, username=owner.username)


def pause_after(tries: int) -> timedelta:
    """15 s, 30 s, 1 min ... 5 min: how long a letter rests that the server couldn't take."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tries - 1, 10))
