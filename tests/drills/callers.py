"""Who sends random requests: two people, and services where an operation is for those."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping

import httpx
import schemathesis

from bench.platform import Api
from bench.stacks import Platform

PEOPLE = ("drill-bad-1", "drill-bad-2")
TOKEN_SECONDS = 200
WITHOUT_A_TOKEN = 0.05
"""The share of the requests whose token is none."""


class People:
    """Two people of the demo's origin, whose limits are wide; their tokens are renewed. bad_requests.Callers."""

    def __init__(
        self, platform: Platform, api: Api, services: Mapping[str, str], lasting: Mapping[str, str] | None = None
    ) -> None:
        """`services`: the service client whose token a path is for; `lasting`: a path's token that never ends."""
        self._platform = platform
        self._api = api
        self._services = services
        self._lasting = lasting or {}
        self._renewed = float("-inf")
        self._tokens: list[str] = []
        self._of_services: dict[str, str] = {}

    def headers(self, path: str, chance: random.Random) -> dict[str, str]:
        """The header of one of them, or of the service that the path is for; one in twenty has a token that is none."""
        if time.monotonic() - self._renewed > TOKEN_SECONDS:
            self._tokens = [self._api.log_in(name, self._platform.demo_password) for name in PEOPLE]
            self._of_services = {client: token_of(self._platform, client) for client in set(self._services.values())}
            self._renewed = time.monotonic()
        token = self._lasting.get(path) or self._of_services.get(self._services.get(path, ""))
        token = token or chance.choice(self._tokens)
        return {"Authorization": f"Bearer {token[:-9] if chance.random() < WITHOUT_A_TOKEN else token}"}

    def told(self, answer: schemathesis.Response) -> None:
        """Nothing that is answered here ends a token."""


def token_of(platform: Platform, client: str) -> str:
    """A service client's access token, good for five minutes. Raises httpx.HTTPStatusError where auth refuses."""
    form, credentials = {"grant_type": "client_credentials"}, (client, platform.stack.secret(f"client-{client}"))
    answer = httpx.post(f"{platform.auth_url}/v1/token", data=form, auth=credentials, timeout=20)
    return str(answer.raise_for_status().json()["access_token"])


def pay(platform: Platform, api: Api) -> str:
    """The first of them pays the second a little; the transfer's id."""
    token = api.log_in(PEOPLE[0], platform.demo_password)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"drill-bad-{time.time_ns()}"}
    body = {"payee": PEOPLE[1], "amount": 1, "currency": "EUR"}
    answer = httpx.post(f"{platform.transaction_url}/v1/transfers", json=body, headers=headers, timeout=30)
    return str(answer.raise_for_status().json()["id"])
