"""Sign-up: a person gets a handle, and the platform hears of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from auth_service.domain import (
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

    Whether the e-mail address is known is never looked at, so it can't be told (docs/decisions).
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
        return self.register(claimable(handle), address, accepted, ("user",), origin)

    def register(
        self, username: str, email: str, password: str, roles: tuple[str, ...], origin: Origin = "user"
    ) -> User:
        """Write a person whose particulars have been checked."""
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
        )
        event = user_event(
            user, "user.registered", event_id=self.new_id(), at=user.created_at, traceparent=self.traceparent()
        )
        act = self.trails.act(user.id, "user.registered", user.created_at, roles=" ".join(roles))
        self.users.add(user, event, act)
        self.metrics.signed_up(origin)
        return user
