"""Who may try again, and when (docs/decisions/0027)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from auth_service.devices import Devices
from auth_service.domain import User, address_key
from auth_service.domain.attempts import (
    Budget,
    account_budget,
    address_budget,
    client_budget,
    device_budget,
    export_budget,
    letter_budget,
    proof_budget,
    reset_budget,
    second_factor_budget,
    sign_up_budget,
)
from auth_service.metrics import AuthMetrics
from auth_service.ports import Attempts
from service_kit.client_address import Network, is_within, site_of
from service_kit.clock import Clock
from service_kit.errors import Problem


class TooManyAttempts(Problem):
    """It was tried too often; the same for known and unknown names. `Retry-After` tells when it is let through."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_attempts"
    title = "Too many attempts"

    def __init__(self, wait_ms: int) -> None:
        self.seconds = math.ceil(wait_ms / 1000)
        super().__init__(f"Try again in {self.seconds} s.", headers={"Retry-After": str(self.seconds)})


@dataclass(frozen=True)
class Visitor:
    """Where a request comes from: the client's address, and the note that its device keeps, if it has one."""

    address: str = ""
    device_token: str = ""


NOWHERE = Visitor()
"""Who comes by no request: a command."""


@dataclass(frozen=True)
class Guard:
    """Raises TooManyAttempts. Nothing is looked at that would tell whether a name exists.

    shared: networks behind which so many people sit that their address says nothing.
    """

    attempts: Attempts
    devices: Devices
    shared: Sequence[Network]
    clock: Clock
    new_id: Callable[[], str]
    metrics: AuthMetrics

    def log_in(self, username: str, user: User | None, visitor: Visitor) -> Budget:
        """Count a try; return the budget to give back to `succeeded`. A known device has one of its own."""
        device_id = self._device(user, visitor)
        if device_id is not None:
            own = device_budget(device_id)
            self._take([own])
        else:
            own = account_budget(username)
            self._take([own, *self._of_address(address_budget, visitor.address)])
        return own

    def second_factor(self, user: User, visitor: Visitor) -> Budget:
        """Count a code; return the budget to give back to `succeeded`. A known device has one of its own here too."""
        own = second_factor_budget(self._device(user, visitor) or user.id)
        self._take([own])
        return own

    def succeeded(self, own: Budget) -> None:
        """The account's (or device's) count begins anew; the address' doesn't: it may belong to a guesser as well."""
        self.attempts.forget(own)

    def owner_is_back(self, user: User) -> None:
        """What others tried at the account delays its owner no more."""
        self.attempts.forget(account_budget(user.username))

    def device_token(self, user: User, visitor: Visitor) -> str:
        """What the device keeps from now on; it stays the device that it was."""
        return self.devices.token(user, self._device(user, visitor) or self.new_id())

    def knows(self, user: User, visitor: Visitor) -> bool:
        """Whether the person has logged in on this device before."""
        return self._device(user, visitor) is not None

    def sign_up(self, visitor: Visitor) -> None:
        """Count a new account."""
        self._take(self._of_address(sign_up_budget, visitor.address))

    def reset(self, email: str, visitor: Visitor) -> None:
        """Count a letter that is asked for, to whomever."""
        self._take([letter_budget(address_key(email)), *self._of_address(reset_budget, visitor.address)])

    def confirmation(self, user_id: str) -> None:
        """Count another letter to confirm one's address."""
        self._take([letter_budget(user_id)])

    def email_change(self, user_id: str, email: str) -> None:
        """Count the letters of a wish for another address, which may be any stranger's."""
        self._take([letter_budget(user_id), letter_budget(address_key(email))])

    def export(self, user_id: str) -> None:
        """Count a person's asking for all of their data."""
        self._take([export_budget(user_id)])

    def proof(self, user_id: str) -> Budget:
        """Count a try of who is logged in; return the budget to give back to `succeeded`."""
        own = proof_budget(user_id)
        self._take([own])
        return own

    def client(self, client_id: str, visitor: Visitor) -> Budget:
        """Count a service's try; return the budget to give back to `succeeded`."""
        own = client_budget(client_id, site_of(visitor.address))
        self._take([own])
        return own

    def _device(self, user: User | None, visitor: Visitor) -> str | None:
        return self.devices.of(user, visitor.device_token) if user and visitor.device_token else None

    def _of_address(self, budget: Callable[[str], Budget], address: str) -> list[Budget]:
        return [] if not address or is_within(address, self.shared) else [budget(site_of(address))]

    def _take(self, budgets: list[Budget]) -> None:
        refused = self.attempts.take(budgets, int(self.clock.now().timestamp() * 1000)) if budgets else None
        if refused is not None:
            self.metrics.attempts_refused.labels(refused.limit).inc()
            raise TooManyAttempts(refused.wait_ms)
