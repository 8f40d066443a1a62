"""Proving to have the second factor: a code of the app, or a recovery code in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from auth_service.authenticator import Authenticator
from auth_service.challenges import Challenges
from auth_service.domain import NOBODY, User, whole_milliseconds
from auth_service.domain.second_factor import (
    InvalidSecondFactor,
    SecondFactor,
    SecondFactorRequired,
    code_of,
)
from auth_service.metrics import AuthMetrics
from auth_service.opaque_tokens import hash_of
from auth_service.ports import SecondFactors, Users
from auth_service.use_cases.guard import Guard, Visitor
from auth_service.use_cases.trails import Trails
from auth_service.use_cases.user_events import user_event
from service_kit.clock import Clock


@dataclass(frozen=True)
class SecondStep:
    """Each code is good once; wrong ones are counted like wrong passwords, by a budget of their own."""

    factors: SecondFactors
    users: Users
    authenticator: Authenticator
    challenges: Challenges
    guard: Guard
    clock: Clock
    new_id: Callable[[], str]
    traceparent: Callable[[], str | None]
    metrics: AuthMetrics
    trails: Trails

    def factor_of(self, user_id: str) -> SecondFactor | None:
        """The one that counts."""
        factor = self.factors.of(user_id)
        return factor if factor is not None and factor.confirmed_at is not None else None

    def after_password(self, user: User, code: str, visitor: Visitor) -> bool:
        """Whether the person has proven a second factor; False where they have none.

        Raises SecondFactorRequired (with a `challenge`) where they have one and sent no code, and as `check` does.
        """
        if self.factor_of(user.id) is None:
            return False
        if not code:
            raise SecondFactorRequired(challenge=self.challenges.of(user))
        self.check(user, code, visitor)
        return True

    def answered(self, challenge: str, code: str, visitor: Visitor) -> User:
        """Whose challenge it is, if the code is right. Raises as `check` does, for a challenge that is void too."""
        user_id = self.challenges.user_id(challenge)
        user = self.users.by_id(user_id) if user_id else None
        if user is None or not self.challenges.fits(challenge, user):
            raise InvalidSecondFactor
        self.check(user, code, visitor)
        return user

    def check(self, user: User, code: str, visitor: Visitor) -> None:
        """Use up a code. Raises InvalidSecondFactor, TooManyAttempts."""
        own = self.guard.second_factor(user, visitor)
        factor = self.factor_of(user.id)
        by = self._way(user, factor, code_of(code)) if factor else None
        self.metrics.second_factors.labels(by or "invalid").inc()
        if by is None:
            self.trails.record(self.trails.act(user.id, "second_factor.failed", self._now(), by=NOBODY))
            raise InvalidSecondFactor
        self.guard.succeeded(own)

    def _way(self, user: User, factor: SecondFactor, code: str) -> str | None:
        now = self._now()
        step = self.authenticator.step_of(factor.sealed_secret, code, now)
        if step is not None:
            return "code" if self.factors.use_step(user.id, step) else None
        recovery = hash_of(code)
        if recovery not in factor.recovery_hashes:
            return None
        event = user_event(
            user,
            "user.second_factor_recovery_used",
            event_id=self.new_id(),
            at=now,
            traceparent=self.traceparent(),
        )
        act = self.trails.act(user.id, "second_factor.recovery_used", now)
        return "recovery" if self.factors.use_recovery(user.id, recovery, event, act) else None

    def _now(self) -> datetime:
        return whole_milliseconds(self.clock.now())
