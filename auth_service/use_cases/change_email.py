"""Another address for an account, once both the new and the old one have said yes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from auth_service.domain import (
    LINK_LIFETIME,
    EmailChange,
    LetterKind,
    MailLink,
    MailOrder,
    User,
    address_key,
    email_of,
    whole_milliseconds,
)
from auth_service.metrics import AuthMetrics
from auth_service.ports import Credentials, EmailChanges, SessionCache, Told, Users
from auth_service.use_cases.confirm_email import LinkUnusable, find_link
from auth_service.use_cases.proof import Proof, WrongPassword
from auth_service.use_cases.trails import Trails
from auth_service.use_cases.user_events import user_event
from service_kit.clock import Clock
from service_kit.errors import InvalidRequest


@dataclass(frozen=True)
class ChangeEmail:
    """The old address is asked only where it was confirmed: until then it is nobody's (docs/decisions/0006).

    So a wish is worth no more than what was known of the account when it was made: confirming the present address and
    a new password end it, and their owner isn't surprised by what somebody else had asked for before.
    """

    users: Users
    credentials: Credentials
    changes: EmailChanges
    proof: Proof
    cache: SessionCache
    clock: Clock
    new_id: Callable[[], str]
    traceparent: Callable[[], str | None]
    metrics: AuthMetrics
    trails: Trails
    admit: Callable[[str, str], None]

    def ask(self, user_id: str, address: str, password: str) -> None:
        """Order the letters; an earlier wish is forgotten.

        Raises WrongPassword, InvalidRequest (`#/email`), TooManyAttempts; UserChanged where the address was confirmed,
        or the password changed, in this moment.
        """
        user = self.users.by_id(user_id)
        if user is None:
            raise WrongPassword
        self.proof(user, password)
        wanted, now = email_of(address), self._now()
        if address_key(wanted) == address_key(user.email):
            mistake = {"pointer": "#/email", "detail": "It is your address already.", "code": "email_unchanged"}
            raise InvalidRequest("It is your address already.", errors=[mistake])
        self.admit(user.id, wanted)
        ends = now + LINK_LIFETIME["confirm_new_email"]
        change = EmailChange(self.new_id(), wanted, ends, approved=not user.email_confirmed)
        orders = [self._order(user, "confirm_new_email", wanted, now, change.id)]
        if user.email_confirmed:
            orders.append(self._order(user, "approve_new_email", user.email, now, change.id))
        act = self.trails.act(user.id, "email_change.asked", now)
        self.changes.put(user, change, Told(act, orders=tuple(orders)))

    def withdraw(self, user_id: str) -> None:
        """Forget the wish, if there is one. Raises UserChanged."""
        user = self.users.by_id(user_id)
        if user is not None and user.email_change is not None:
            self.changes.put(user, None, Told(self.trails.act(user.id, "email_change.withdrawn", self._now())))

    def look(self, kind: LetterKind, token: str) -> User:
        """Whose change the link is about. Raises LinkUnusable."""
        link = find_link(self.credentials, kind, token, self.clock.now())
        user = self.users.by_id(link.user_id)
        if user is None or user.email_change is None or user.email_change.id != link.about:
            raise LinkUnusable
        return user

    def __call__(self, kind: LetterKind, token: str) -> User:
        """One yes, by its link; with the second one the address changes. Raises LinkUnusable, EmailTaken."""
        now = self._now()
        link = find_link(self.credentials, kind, token, now)
        done = self.changes.agree(link, now, lambda before, after: self._told(before, after, link, now))
        if done is None:
            raise LinkUnusable
        user, no_newcomers = done
        self.metrics.links_used.labels(kind).inc()
        self.cache.drop(session.cookie_hash for session in no_newcomers if session.cookie_hash)
        return user

    def _told(self, before: User, after: User, link: MailLink, now: datetime) -> Told:
        if before.email == after.email:
            return Told(self.trails.act(before.id, "email_change.agreed", now, by_address=link.kind))
        event = user_event(after, "user.changed", event_id=self.new_id(), at=now, traceparent=self.traceparent())
        notice = (self._order(after, "email_changed", before.email, now),) if before.email_confirmed else ()
        return Told(self.trails.act(before.id, "email.changed", now), event, notice)

    def _order(self, user: User, kind: LetterKind, address: str, now: datetime, about: str = "") -> MailOrder:
        return MailOrder(self.new_id(), kind, address, user.id, now, self.traceparent(), about)

    def _now(self) -> datetime:
        return whole_milliseconds(self.clock.now())
