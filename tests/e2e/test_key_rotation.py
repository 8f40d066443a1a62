"""The signing key is rotated while people pay and look; a library that knows only the JWKS verifies every token."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

import httpx
import pytest
from jwcrypto.jwk import JWKSet
from jwcrypto.jwt import JWT

from bench.stacks import Platform
from contracts.access_token import AUDIENCE, ISSUER
from tests.e2e.api_client import Client
from tests.forged_tokens import read
from tests.waiting import TIMEOUT_SECONDS, eventually

PAYERS = 4
PAUSE_SECONDS = 0.5
"""Nobody may pay more than 300 times a minute."""
WITHIN_SECONDS = 90
"""A process of auth reads the keys every 10 s; the rest is for a busy machine."""


@dataclass
class Traffic:
    """What each person was answered, and which keys had signed what they sent."""

    platform: Platform
    stop: Event = field(default_factory=Event)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    kids: Counter[str] = field(default_factory=Counter)

    def of(self, payer: Client, payee: Client) -> None:
        """Log in, pay and look, again and again, the first token beside each new one; until `stop`."""
        first = payer.token
        while not self.stop.wait(PAUSE_SECONDS):
            self._note("log-in", payer.log_in())
            for token in (first, payer.token):
                person = Client(self.platform, payer.username, token=token)
                self.kids[verified(self.platform, token)] += 1
                self._note("transfer", person.send(payee.username, 1))
                self._note("balance", person.get("/v1/accounts"))
                self._note("notifications", person.get("/v1/notifications", of="notification-web"))

    def _note(self, what: str, answer: httpx.Response) -> None:
        self.answers[what, answer.status_code] += 1


def published(platform: Platform) -> str:
    """The JWKS, as anybody reads it."""
    return httpx.get(f"{platform.auth_url}/.well-known/jwks.json", timeout=TIMEOUT_SECONDS).raise_for_status().text


def verified(platform: Platform, token: str) -> str:
    """The id of the key by which jwcrypto has verified the token; it raises for any other."""
    expected = {"iss": ISSUER, "aud": AUDIENCE, "exp": None}
    JWT(jwt=token, key=JWKSet.from_json(published(platform)), algs=["RS256"], check_claims=expected)
    return str(read(token)[0]["kid"])


@pytest.fixture
def traffic(platform: Platform, member: Callable[[], Client]) -> Iterator[Traffic]:
    payee, running = member(), Traffic(platform)
    with ThreadPoolExecutor(PAYERS) as pool:
        threads = [pool.submit(running.of, payer, payee) for payer in [member() for _ in range(PAYERS)]]
        yield running
        running.stop.set()
        for thread in threads:
            thread.result(60)


def test_no_request_fails_while_the_signing_key_is_rotated(platform: Platform, traffic: Traffic) -> None:
    eventually(lambda: traffic.answers["transfer", 201] > 10, what="traffic")
    (before,) = traffic.kids

    said = platform.command_of_auth("rotate_keys", "--at-once", like="auth-relay")

    made = said.splitlines()[0]
    eventually(lambda: traffic.kids[made] > 20, within_seconds=WITHIN_SECONDS, what="tokens of the new key")
    assert traffic.kids.keys() == {before, made}
    assert {key["kid"] for key in json.loads(published(platform))["keys"]} >= {before, made}
    assert {status for _, status in traffic.answers} <= {200, 201}, traffic.answers


def test_a_rotation_in_good_time_publishes_the_key_long_before_it_signs(
    platform: Platform, member: Callable[[], Client]
) -> None:
    said = platform.command_of_auth("rotate_keys", like="auth-relay")

    made = said.splitlines()[0]
    eventually(lambda: made in published(platform), within_seconds=WITHIN_SECONDS, what="the new key in the JWKS")
    assert verified(platform, member().token) != made
