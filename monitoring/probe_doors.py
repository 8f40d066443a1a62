"""The services as a probe meets them: by their public APIs, as a person and as the service monitoring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from service_kit.errors import AuthUnavailable
from service_kit.service_token import ServiceToken


class NoGoodAnswer(Exception):
    """A service did not answer, or not as it should; the message says which and how."""


class Refused(Exception):
    """The ledger decided against the transfer; the message is the reason's code."""


@dataclass(frozen=True, slots=True)
class Urls:
    """The services' origins, from server to server."""

    auth: str
    transaction: str
    notification: str
    analytics: str


@dataclass(frozen=True, slots=True)
class LogIn:
    """An access token and the seconds it lives."""

    token: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Accepted:
    """A transfer that was posted."""

    transfer_id: str
    position: int


class ProbeDoors:
    """Every method but `send` raises NoGoodAnswer only."""

    def __init__(self, http: httpx.Client, urls: Urls, password: SecretStr, service: ServiceToken) -> None:
        self._http = http
        self._urls = urls
        self._password = password
        self._service = service

    def sign_up(self, username: str) -> None:
        """Make the user; harmless where it exists."""
        body = {
            "username": username,
            "email": f"{username}@example.com",
            "password": self._password.get_secret_value(),
            "origin": "probe",
        }
        answer = self._call("auth", "POST", "/v1/users", self._service_token(), json=body)
        if answer.status_code != httpx.codes.CREATED and _code(answer) != "username_taken":
            raise _no_good("auth", answer)

    def log_in(self, username: str) -> LogIn:
        """As any program does."""
        body = {"username": username, "password": self._password.get_secret_value()}
        answer = self._call("auth", "POST", "/v1/login", json=body)
        token, seconds = _members("auth", answer, "access_token", "expires_in")
        return LogIn(str(token), float(seconds))

    def has_account(self, token: str) -> bool:
        """Whether the user's account is open."""
        (accounts,) = _members("transaction", self._call("transaction", "GET", "/v1/accounts", token), "accounts")
        return bool(accounts)

    def send(self, token: str, payee: str, currency: str, key: str) -> Accepted:
        """Send one minor unit; raises Refused or NoGoodAnswer."""
        body = {"payee": payee, "amount": 1, "currency": currency}
        answer = self._call("transaction", "POST", "/v1/transfers", token, json=body, headers={"Idempotency-Key": key})
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            raise Refused(_code(answer))
        transfer_id, position = _members("transaction", answer, "id", "position")
        return Accepted(str(transfer_id), int(position))

    def notifications(self, transfer_id: str) -> int:
        """How many there are of the transfer."""
        path = f"/v1/notifications/events/{transfer_id}"
        answer = self._call("notification", "GET", path, self._service_token())
        if answer.status_code == httpx.codes.NOT_FOUND:
            return 0
        (notifications,) = _members("notification", answer, "notifications")
        return len(notifications)

    def is_in_lake(self, position: int) -> bool:
        """Whether the journal's position is in the lake."""
        answer = self._call("analytics", "GET", f"/v1/lake/positions/{position}", self._service_token())
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False
        _members("analytics", answer, "position")
        return True

    def _service_token(self) -> str:
        try:
            return self._service.get()
        except AuthUnavailable as error:
            raise NoGoodAnswer(f"auth: {error.detail}") from error

    def _call(
        self,
        service: str,
        method: str,
        path: str,
        token: str | None = None,
        *,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            return self._http.request(
                method, getattr(self._urls, service) + path, json=json, headers={**bearer, **(headers or {})}
            )
        except httpx.HTTPError as error:
            raise NoGoodAnswer(f"{service}: {type(error).__name__}") from error


def _members(service: str, answer: httpx.Response, *names: str) -> list[Any]:
    """The values of those members of a good answer's JSON."""
    if not answer.is_success:
        raise _no_good(service, answer)
    try:
        body = answer.json()
        return [body[name] for name in names]
    except ValueError as error:
        raise NoGoodAnswer(f"{service}: answered {answer.status_code} without JSON") from error
    except (KeyError, TypeError) as error:
        raise NoGoodAnswer(f"{service}: answered {answer.status_code} without {error}") from error


def _no_good(service: str, answer: httpx.Response) -> NoGoodAnswer:
    return NoGoodAnswer(f"{service}: answered {answer.status_code} {_code(answer)}".rstrip())


def _code(answer: httpx.Response) -> str:
    """The stable code of a problem document; "" where the answer is none."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    return str(body.get("code", "")) if isinstance(body, dict) else ""
