"""A new password, by who knows the old one; all else that the old one opened ends."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from auth_service.domain import MailOrder, NewPassword, User, password_of, whole_milliseconds
from auth_service.metrics import AuthMetrics
from auth_service.ports import Credentials, Passwords, Told, Users
from auth_service.use_cases.guard import NOWHERE, Guard, Visitor
from auth_service.use_cases.log_out import LogOut
from auth_service.use_cases.proof import Proof, WrongPassword
from auth_service.use_cases.step_up import StepUp
from auth_service.use_cases.trails import Trails
from auth_service.use_cases.user_events import user_event
from contracts.session import session_hash
from service_kit.clock import Clock


@dataclass(frozen=True)
class PasswordTold:
    """What is told of a password's change: an entry, an event, a letter to the address of the account."""

    new_id: Callable[[], str]
    traceparent: Callable[[], str | None]
    trails: Trails

    def __call__(self, user: User, at: datetime, how: str) -> Told:
        """`how`: changed, or reset. Demo and probe people get no letters, nor do addresses that are nobody's yet."""
        trace = self.traceparent()
        letter = MailOrder(self.new_id(), "password_changed", user.email, user.id, at, trace)
        return Told(
            self.trails.act(user.id, "password.changed", at, how=how),
            user_event(user, "user.password_changed", event_id=self.new_id(), at=at, traceparent=trace),
            (letter,) if user.origin == "user" and user.email_confirmed else (),
        )


@dataclass(frozen=True)
class PasswordChanged:
    """What goes on after it: a browser's session by its new `cookie`, the device by its new note."""

    device_token: str
    cookie: str = ""


@dataclass(frozen=True)
class ChangePassword:
    """Ends the person's other sessions, browsers' and API clients', and with them their refresh tokens; also what else
    the old password has brought: the notes of devices, and a wish for another address.

    Raises WrongPassword; StepUpRequired where a second factor wasn't proven lately; InvalidRequest for a new password
    that can't be one (`#/password`).
    """

    users: Users
    credentials: Credentials
    passwords: Passwords
    proof: Proof
    step_up: StepUp
    log_out: LogOut
    told: PasswordTold
    clock: Clock
    metrics: AuthMetrics
    guard: Guard
    new_id: Callable[[], str]
    new_cookie: Callable[[], str] = lambda: secrets.token_urlsafe(32)

    def __call__(
        self, user_id: str, session_id: str, old: str, new: str, visitor: Visitor = NOWHERE, *, browser: bool = False
    ) -> PasswordChanged:
        """The session `session_id` goes on; a `browser`'s under another id and by another cookie.

        So a cookie that was copied before opens nothing any more (ASVS 5.0, 7.2.4), at other services neither: what is
        kept of it there says an id that has ended, and that is announced.
        """
        user = self.users.by_id(user_id)
        if user is None:
            raise WrongPassword
        self.step_up.demand(user_id, session_id)
        self.proof(user, old)
        password = password_of(new, user.username, user.email)
        now = whole_milliseconds(self.clock.now())
        new_hash = self.passwords.hash(password)
        change = NewPassword(user.id, new_hash, old_hash=user.password_hash, kept_session=session_id)
        cookie = self.new_cookie() if browser else ""
        if browser:
            change = replace(change, new_session=self.new_id(), new_cookie_hash=session_hash(cookie))
        ended = self.credentials.change_password(change, now, lambda after: self.told(after, now, "changed"))
        if ended is None:  # another change was faster, and the password that was given is the old one by now
            raise WrongPassword
        self.metrics.password_changes.labels("changed").inc()
        self.log_out.tell(ended)
        return PasswordChanged(self.guard.device_token(replace(user, notes_from=now), visitor), cookie)
