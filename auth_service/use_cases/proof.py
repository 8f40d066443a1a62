"""Proof that the person who is logged in is really there, before what opens the account is changed."""

from __future__ import annotations

from dataclasses import dataclass

from auth_service.domain import PASSWORD_MAX, User, normal_password
from auth_service.ports import Passwords
from auth_service.use_cases.guard import Guard
from service_kit.errors import Forbidden


class WrongPassword(Forbidden):
    """The present password is asked once more for such an act, and it was another one."""

    code = "wrong_password"
    title = "The present password is wrong"
    advice = "Send the password that the account has now."


@dataclass(frozen=True)
class Proof:
    """Who has a session may have found it open (ASVS 5.0, 7.5.1). Of a second factor `step_up` asks for a proof."""

    passwords: Passwords
    guard: Guard

    def __call__(self, user: User, password: str) -> None:
        """Raises WrongPassword, TooManyAttempts."""
        own = self.guard.proof(user.id)
        password = normal_password(password)
        if len(password) > PASSWORD_MAX or not self.passwords.verify(password, user.password_hash):
            raise WrongPassword
        self.guard.succeeded(own)
