"""Setting up a second factor, new recovery codes, switching it off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from auth_service.authenticator import Authenticator, new_recovery_codes
from auth_service.domain import Act, ActKind, User, whole_milliseconds
from auth_service.domain.second_factor import (
    InvalidSecondFactor,
    NoSetUp,
    SecondFactor,
    SecondFactorInPlace,
    code_of,
)
from auth_service.opaque_tokens import hash_of
from auth_service.ports import OutgoingEvent, SecondFactors
from auth_service.use_cases.guard import Guard, Visitor
from auth_service.use_cases.log_out import LogOut
from auth_service.use_cases.proof import Proof
from auth_service.use_cases.second_step import SecondStep
from auth_service.use_cases.step_up import StepUp
from auth_service.use_cases.trails import Trails
from auth_service.use_cases.user_events import UserEventType, user_event
from service_kit.clock import Clock

_Change = Literal["enabled", "disabled", "recovery_renewed"]


@dataclass(frozen=True)
class SwitchedOn:
    """What a person gets who has a second factor now: recovery codes, and a note for this device."""

    recovery_codes: tuple[str, ...]
    device_token: str


@dataclass(frozen=True)
class ManageSecondFactor:
    """Everything here asks for the password again: an open session alone must not change who may come in (ASVS 7.5.1).

    Raises WrongPassword for a wrong password, InvalidSecondFactor for a wrong code, TooManyAttempts for either.
    """

    factors: SecondFactors
    step: SecondStep
    proof: Proof
    authenticator: Authenticator
    guard: Guard
    clock: Clock
    new_id: Callable[[], str]
    traceparent: Callable[[], str | None]
    trails: Trails
    step_up: StepUp
    log_out: LogOut
    new_codes: Callable[[], tuple[str, ...]] = new_recovery_codes

    def begin(self, user: User, password: str) -> SecondFactor:
        """A key to be put into an app. It counts for nothing until `confirm`. Raises SecondFactorInPlace."""
        self.proof(user, password)
        now = whole_milliseconds(self.clock.now())
        factor = SecondFactor(user.id, self.authenticator.new_secret(), now)
        self.factors.begin(factor)
        return factor

    def under_way(self, user: User) -> SecondFactor | None:
        """The set-up that waits for its first code."""
        factor = self.factors.of(user.id)
        return factor if factor is not None and factor.may_be_confirmed(self.clock.now()) else None

    def confirm(self, user: User, code: str, visitor: Visitor, session_id: str) -> SwitchedOn:
        """The first code proves that the app has the key; the recovery codes are shown only now.

        The other sessions end, and so do the notes of devices: the password alone was enough for either, and each note
        would be worth further codes to guess.

        Raises NoSetUp, SecondFactorInPlace; TokenRevoked where the session `session_id` has ended.
        """
        own = self.guard.second_factor(user, visitor)
        factor, now = self.under_way(user), self._now()
        if factor is None:
            raise SecondFactorInPlace if self.step.factor_of(user.id) else NoSetUp
        step = self.authenticator.step_of(factor.sealed_secret, code_of(code), now)
        if step is None:
            raise InvalidSecondFactor
        codes = self.new_codes()
        event, act = self._told(user, "enabled", now)
        ended = self.factors.confirm(factor, step, _hashes(codes), session_id, event, act)
        if ended is None:
            raise NoSetUp  # begun anew, or confirmed, in another window at this moment
        self.guard.succeeded(own)
        self.log_out.tell(ended)
        self.step_up.renewed(session_id)
        return SwitchedOn(codes, self.guard.device_token(replace(user, notes_from=now), visitor))

    def renew_recovery(self, user: User, password: str, code: str, visitor: Visitor) -> tuple[str, ...]:
        """Ten new recovery codes; the old ones are void."""
        self._check_both(user, password, code, visitor)
        codes = self.new_codes()
        event, act = self._told(user, "recovery_renewed", self._now())
        if not self.factors.replace_recovery(user.id, _hashes(codes), event, act):
            raise InvalidSecondFactor
        return codes

    def switch_off(self, user: User, password: str, code: str, visitor: Visitor) -> None:
        """The password is enough again."""
        self._check_both(user, password, code, visitor)
        self.factors.remove(user.id, *self._told(user, "disabled", self._now()))

    def _check_both(self, user: User, password: str, code: str, visitor: Visitor) -> None:
        self.proof(user, password)
        self.step.check(user, code, visitor)

    def _now(self) -> datetime:
        return whole_milliseconds(self.clock.now())

    def _told(self, user: User, what: _Change, at: datetime) -> tuple[OutgoingEvent, Act]:
        type: UserEventType = f"user.second_factor_{what}"  # type: ignore[assignment]
        event = user_event(user, type, event_id=self.new_id(), at=at, traceparent=self.traceparent())
        kind: ActKind = f"second_factor.{what}"  # type: ignore[assignment]
        return event, self.trails.act(user.id, kind, at)


def _hashes(codes: tuple[str, ...]) -> list[str]:
    return [hash_of(code_of(code)) for code in codes]
