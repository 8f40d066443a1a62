"""A new password, by who reads the mail of the account's confirmed address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from auth_service.domain import MailLink, MailOrder, NewPassword, User, email_of, password_of, whole_milliseconds
from auth_service.metrics import AuthMetrics
from auth_service.ports import Credentials, MailOrders, Passwords, Users
from auth_service.use_cases.change_password import PasswordTold
from auth_service.use_cases.confirm_email import LinkUnusable, find_link
from auth_service.use_cases.guard import NOWHERE, Guard, Visitor
from auth_service.use_cases.log_out import LogOut
from auth_service.use_cases.second_step import SecondStep
from service_kit.clock import Clock


@dataclass(frozen=True)
class ResetPassword:
    """Asking does the same work for every address: whose it is, the mailer looks up (docs/decisions/0031)."""

    users: Users
    credentials: Credentials
    orders: MailOrders
    passwords: Passwords
    log_out: LogOut
    told: PasswordTold
    clock: Clock
    new_id: Callable[[], str]
    traceparent: Callable[[], str | None]
    metrics: AuthMetrics
    guard: Guard
    second_step: SecondStep

    def ask(self, address: str, visitor: Visitor = NOWHERE) -> None:
        """Order the letter, should the address be somebody's. Raises InvalidRequest (`#/email`), TooManyAttempts."""
        wanted, now = email_of(address), whole_milliseconds(self.clock.now())
        self.guard.reset(wanted, visitor)
        self.orders.add(MailOrder(self.new_id(), "reset_password", wanted, None, now, self.traceparent()))

    def look(self, token: str) -> User:
        """Whose password the link would set; looking uses nothing up. Raises LinkUnusable."""
        return self._person(find_link(self.credentials, "reset_password", token, self.clock.now()))

    def __call__(self, token: str, new: str, visitor: Visitor = NOWHERE) -> str:
        """Set the password and end every session; return the note of a known device, so that the owner can log in
        while others guess (docs/decisions/0027). Raises LinkUnusable; InvalidRequest, which leaves the link good.

        No note ("") where a second factor is asked for: each would bring who only reads the mail more codes to guess.
        """
        now = whole_milliseconds(self.clock.now())
        link = find_link(self.credentials, "reset_password", token, now)
        user = self._person(link)
        password = password_of(new, user.username, user.email)
        change = NewPassword(user.id, self.passwords.hash(password), link=link)
        ended = self.credentials.change_password(change, now, lambda after: self.told(after, now, "reset"))
        if ended is None:
            raise LinkUnusable
        self.metrics.links_used.labels("reset_password").inc()
        self.metrics.password_changes.labels("reset").inc()
        self.log_out.tell(ended)
        self.guard.owner_is_back(user)
        if self.second_step.factor_of(user.id) is not None:
            return ""
        return self.guard.device_token(replace(user, notes_from=now), visitor)

    def _person(self, link: MailLink) -> User:
        user = self.users.by_id(link.user_id)
        if user is None or not user.email_confirmed or user.email != link.address:
            raise LinkUnusable
        return user
