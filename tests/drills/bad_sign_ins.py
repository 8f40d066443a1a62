"""Auth's API under bad requests, by people whose sessions the requests themselves may end."""

from __future__ import annotations

import random
import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import schemathesis

from bench.platform import Api
from bench.stacks import Platform
from tests.drills import frame
from tests.drills.bad_requests import code_of
from tests.drills.callers import PEOPLE, TOKEN_SECONDS, WITHOUT_A_TOKEN, token_of

INTROSPECTOR = "transaction_service"
OF_SERVICES = ("/v1/introspect", "/v1/revocations")
BY_CREDENTIALS = ("/v1/token", "/v1/revoke")


class People:
    """Two people, one an administrator; who was logged out logs in again."""

    def __init__(self, platform: Platform, api: Api) -> None:
        self._platform, self._api = platform, api
        self._tokens: list[str] = []
        self._service = ""
        self._renewed = float("-inf")
        credentials = f"{INTROSPECTOR}:{platform.stack.secret(f'client-{INTROSPECTOR}')}"
        self._basic = "Basic " + b64encode(credentials.encode()).decode()

    def headers(self, path: str, chance: random.Random) -> dict[str, str]:
        """Of a person, or of the service that the operation is for; one in twenty has a token that is none."""
        if path in BY_CREDENTIALS:
            return {"Authorization": self._basic} if chance.random() < 0.5 else {}
        if time.monotonic() - self._renewed > TOKEN_SECONDS:
            self._renew()
        token = self._service if path in OF_SERVICES else chance.choice(self._tokens)
        return {"Authorization": f"Bearer {token[:-9] if chance.random() < WITHOUT_A_TOKEN else token}"}

    def told(self, answer: schemathesis.Response) -> None:
        """A log-out ends the session of the one who asked."""
        if answer.status_code == 204 or code_of(answer) == "token_revoked":
            self._renewed = float("-inf")

    def _renew(self) -> None:
        self._tokens = [self._api.log_in(name, self._platform.demo_password) for name in PEOPLE]
        self._service = token_of(self._platform, INTROSPECTOR)
        self._renewed = time.monotonic()


class SignIns:
    """bad_requests.Target"""

    name = "auth-bad-requests"

    def url(self, platform: Platform) -> str:
        return platform.auth_url

    def prepare(self, platform: Platform, api: Api) -> None:
        frame.people(platform, api, PEOPLE)
        platform.command_of_auth("grant_role", PEOPLE[0], "admin")

    def callers(self, platform: Platform, api: Api) -> People:
        return People(platform, api)

    def known(self, platform: Platform) -> dict[str, list[str]]:
        return {
            "username": list(PEOPLE),
            "password": [platform.demo_password],
            "grant_type": ["client_credentials", "refresh_token"],
            "client_id": ["fintech-app-api"],
        }

    def learned(self, told: dict[str, Any]) -> Iterator[tuple[str, str]]:
        for name in ("access_token", "refresh_token"):
            if isinstance(told.get(name), str):
                yield "token", told[name]
                yield name, told[name]
        for session in told.get("sessions", ()):
            if isinstance(session, dict):
                yield "session_id", str(session.get("id"))

    def figures(self, platform: Platform, api: Api) -> dict[str, int]:
        return {}

    def findings(self, platform: Platform) -> list[str]:
        return platform.unhealthy()
