"""Proof that the person who is logged in is really there, before what opens the account is changed."""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.domain import NOBODY, PASSWORD_MAX, User, normal_password, whole_milliseconds
from auth_service.ports import Passwords
from auth_service.use_cases.guard import Guard
from auth_service.use_cases.trails import Trails
from service_kit.clock import Clock
from service_kit.errors import Forbidden


class WrongPassword(Forbidden):
    """The present password is asked once more for such an act, and it was another one."""

    code = "wrong_password"
    title = "The present password is wrong"
    advice = "Send the password that the account has now."


@dataclass(frozen=True)
class Proof:
    """Who has a session may have found it open (ASVS 5.0, 7.5.1), and guesses no faster than at the log-in (6.3.1).

    What is tried here is the account's own count, for all of its sessions: it keeps nobody from logging in. Of a second
    factor `step_up` asks for a proof.
    """

    passwords: Passwords
    guard: Guard
    clock: Clock
    trails: Trails

    def __call__(self, user: User, password: str) -> None:
        """Raises WrongPassword, which the audit log keeps, and TooManyAttempts."""
        with self.passwords.a_try():
            self._try(user, password)

    def _try(self, user: User, password: str) -> None:
        own = self.guard.proof(user.id)
        password = normal_password(password)
        if len(password) > PASSWORD_MAX or not self.passwords.verify(password, user.password_hash):
            now = whole_milliseconds(self.clock.now())
            self.trails.record(self.trails.act(user.id, "password.refused", now, by=NOBODY))
            raise WrongPassword
        self.guard.succeeded(own)
