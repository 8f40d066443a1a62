"""Sign-up: a person gets a handle, and the platform hears of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from auth_service.domain import (
    MailOrder,
    Origin,
    User,
    UsernameTaken,
    claimable,
    email_of,
    password_of,
    username_of,
    whole_milliseconds,
)
from auth_service.metrics import AuthMetrics
from auth_service.ports import Passwords, Users
from auth_service.use_cases.guard import NOWHERE, Visitor
from auth_service.use_cases.trails import Trails
from auth_service.use_cases.user_events import user_event
from service_kit.clock import Clock


@dataclass(frozen=True)
class SignUp:
    """Raises InvalidRequest (with `errors`) for what can't be a name, an address or a password; UsernameTaken;
    TooManyAttempts.

    Whether the e-mail address is known is never looked at here, so it can't be told (docs/decisions/0006): the mailer
    looks, and an address that is somebody's gets another letter.
    """

    users: Users
    passwords: Passwords
    clock: Clock
    new_id: Callable[[], str]
    traceparent: Callable[[], str | None]
    metrics: AuthMetrics
    trails: Trails
    admit: Callable[[Visitor], None]

    def __call__(
        self, username: str, email: str, password: str, origin: Origin = "user", visitor: Visitor = NOWHERE
    ) -> User:
        handle = username_of(username)
        address = email_of(email)
        accepted = password_of(password, handle, address)
        if origin == "user":  # the others come from programs of ours, which have proven it
            self.admit(visitor)
        return self.register(claimable(handle), address, accepted, ("user",), origin, letter=origin == "user")

    def register(
        self,
        username: str,
        email: str,
        password: str,
        roles: tuple[str, ...],
        origin: Origin = "user",
        *,
        letter: bool = False,
        generated: bool = False,
    ) -> User:
        """Write a person whose particulars have been checked. `letter`: order the one that confirms the address.

        `generated`: the password is nobody's choice, and must be changed.
        """
        if self.users.by_username(username) is not None:
            raise UsernameTaken  # before the expensive hash; the unique index decides between two at once
        user = User(
            id=self.new_id(),
            username=username,
            email=email,
            roles=roles,
            origin=origin,
            created_at=whole_milliseconds(self.clock.now()),
            password_hash=self.passwords.hash(password),
            password_is_generated=generated,
        )
        now, trace = user.created_at, self.traceparent()
        event = user_event(user, "user.registered", event_id=self.new_id(), at=now, traceparent=trace)
        order = MailOrder(self.new_id(), "confirm_email", email, user.id, now, trace)
        act = self.trails.act(user.id, "user.registered", now, roles=" ".join(roles))
        self.users.add(user, event, act, order if letter else None)
        self.metrics.signed_up(origin)
        return user
