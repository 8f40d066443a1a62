"""Confirming an e-mail address: from then on it is somebody's (docs/decisions/0006)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from auth_service.domain import LetterKind, MailLink, MailOrder, User, whole_milliseconds
from auth_service.metrics import AuthMetrics
from auth_service.opaque_tokens import hash_of, looks_like_one
from auth_service.ports import Credentials, MailOrders, SessionCache, Told, Users
from auth_service.use_cases.trails import Trails
from auth_service.use_cases.user_events import user_event
from service_kit.clock import Clock
from service_kit.errors import BadRequest


class LinkUnusable(BadRequest):
    """A mailed link was used before, is too old, or never was one of ours: which of these isn't told."""

    code = "link_unusable"
    title = "This link is no longer good"
    advice = "Each link works once and for a limited time. Ask for a new letter."


def find_link(credentials: Credentials, kind: LetterKind, token: str, now: datetime) -> MailLink:
    """The link of a token that came back. Raises LinkUnusable."""
    link = credentials.link(hash_of(token), kind, now) if looks_like_one(token) else None
    if link is None:
        raise LinkUnusable
    return link


@dataclass(frozen=True)
class ConfirmEmail:
    """Whoever has the token reads the mail of the address. Raises LinkUnusable; EmailTaken, which only they learn.

    The small limits of a newcomer end at once in browsers; a program's access token says so from its next refresh on.
    """

    users: Users
    credentials: Credentials
    orders: MailOrders
    cache: SessionCache
    clock: Clock
    new_id: Callable[[], str]
    traceparent: Callable[[], str | None]
    metrics: AuthMetrics
    trails: Trails
    admit: Callable[[str], None]

    def ask(self, user_id: str) -> None:
        """Order another letter, if there still is something to confirm. Raises TooManyAttempts."""
        user = self.users.by_id(user_id)
        if user is not None and not user.email_confirmed:
            self.admit(user.id)
            now = whole_milliseconds(self.clock.now())
            self.orders.add(MailOrder(self.new_id(), "confirm_email", user.email, user.id, now, self.traceparent()))

    def look(self, token: str) -> User:
        """Whose address the link would confirm; looking uses nothing up, since programs that scan mail do it too."""
        return self._person(find_link(self.credentials, "confirm_email", token, self.clock.now()))

    def __call__(self, token: str) -> User:
        """Use the link."""
        now = whole_milliseconds(self.clock.now())
        link = find_link(self.credentials, "confirm_email", token, now)
        person = self._person(link)
        changed = self.credentials.confirm_email(link, now, lambda after: self._told(after, now))
        if changed is None:
            raise LinkUnusable
        self.cache.drop(session.cookie_hash for session in changed if session.cookie_hash)
        self.metrics.links_used.labels("confirm_email").inc()
        return replace(person, email_confirmed=True)

    def _told(self, user: User, at: datetime) -> Told:
        event = user_event(user, "user.changed", event_id=self.new_id(), at=at, traceparent=self.traceparent())
        return Told(self.trails.act(user.id, "email.confirmed", at), event)

    def _person(self, link: MailLink) -> User:
        user = self.users.by_id(link.user_id)
        if user is None or user.email != link.address:
            raise LinkUnusable
        return user
