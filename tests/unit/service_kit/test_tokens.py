from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from service_kit.errors import TokenExpired, TokenInvalid, TokenRevoked
from service_kit.principal import Principal
from service_kit.tokens import TokenVerifier
from tests.unit.service_kit.sample_app import NOW, claims, rsa_key, token


class OneKey:
    def __init__(self) -> None:
        self.asked = 0

    def key_for(self, kid: str) -> Any:
        self.asked += 1
        return rsa_key().public_key() if kid == "k1" else None


class Ended:
    def __init__(self) -> None:
        self.sessions: set[str] = set()

    def revoked(self, session_id: str, token: str) -> bool:
        return session_id in self.sessions


class Time:
    now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def keys() -> OneKey:
    return OneKey()


@pytest.fixture
def ended() -> Ended:
    return Ended()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def verifier(keys: OneKey, ended: Ended, time: Time) -> TokenVerifier:
    return TokenVerifier(keys, ended, clock=time, capacity=10)


def test_a_good_token_tells_who_asks(verifier: TokenVerifier) -> None:
    assert verifier.verify(token()) == Principal(
        "user-1", "demo-001", ("user",), frozenset({"accounts:read", "transfers:write"}), "session-1"
    )


def test_a_signature_is_checked_once(verifier: TokenVerifier, keys: OneKey) -> None:
    same = token()

    verifier.verify(same)
    verifier.verify(same)

    assert keys.asked == 1


def test_a_remembered_token_ends_all_the_same(verifier: TokenVerifier, time: Time) -> None:
    same = token()
    verifier.verify(same)

    time.now = NOW + 300

    with pytest.raises(TokenExpired):
        verifier.verify(same)


def test_a_remembered_token_is_refused_once_its_session_has_ended(verifier: TokenVerifier, ended: Ended) -> None:
    same = token()
    verifier.verify(same)

    ended.sessions.add("session-1")

    with pytest.raises(TokenRevoked):
        verifier.verify(same)


def test_the_memory_is_bounded(verifier: TokenVerifier) -> None:
    for number in range(40):
        verifier.verify(token(jti=f"token-{number}"))

    assert len(verifier._verified) <= 10


@pytest.mark.parametrize("claim", sorted(claims()))
def test_a_token_without_one_of_its_claims_is_refused(verifier: TokenVerifier, claim: str) -> None:
    with pytest.raises(TokenInvalid):
        verifier.verify(token(**{claim: None}))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody else"},
        {"aud": "another app"},
        {"aud": ["fintech-app-2"]},
        {"roles": "admin"},
        {"roles": ["emperor"]},
        {"scope": ["a"]},
        {"sub": 7},
        {"exp": str(NOW + 300)},
        {"exp": NOW + 86_400},
        {"iat": NOW + 3_600, "exp": NOW + 3_700},
        {"headers": {"typ": "JWT"}},
        {"headers": {"typ": "id+jwt"}},
        {"headers": {"kid": "unknown"}},
        {"headers": {"kid": 7}},
        {"headers": {"crit": ["b64"]}},
    ],
)
def test_a_token_that_is_not_quite_ours_is_refused(verifier: TokenVerifier, changes: dict[str, Any]) -> None:
    if changes.get("headers", {}).get("kid") == 7:
        forged = with_header(token(), {"alg": "RS256", "typ": "at+jwt", "kid": 7})
    else:
        forged = token(**changes)

    with pytest.raises(TokenInvalid):
        verifier.verify(forged)


def test_an_expired_token_says_so(verifier: TokenVerifier) -> None:
    with pytest.raises(TokenExpired):
        verifier.verify(token(iat=NOW - 301, exp=NOW - 1))


def test_a_token_signed_by_somebody_else_is_refused(verifier: TokenVerifier) -> None:
    with pytest.raises(TokenInvalid):
        verifier.verify(token(key=rsa_key("theirs")))


def test_an_unsigned_token_is_refused(verifier: TokenVerifier) -> None:
    head, body, _ = token().split(".")

    for forged in (f"{head}.{body}.", with_header(token(), {"alg": "none", "typ": "at+jwt", "kid": "k1"})):
        with pytest.raises(TokenInvalid):
            verifier.verify(forged)


def test_our_public_key_used_as_a_shared_secret_is_refused(verifier: TokenVerifier) -> None:
    public = (
        rsa_key().public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    header = {"alg": "HS256", "typ": "at+jwt", "kid": "k1"}
    signing_input = f"{part(header)}.{part(claims())}"
    signature = jwt.get_algorithm_by_name("HS256").sign(signing_input.encode(), public)

    with pytest.raises(TokenInvalid):
        verifier.verify(f"{signing_input}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "....", "é" * 50, "x" * 5000, "ey\x00.e.f"])
def test_nonsense_is_refused(verifier: TokenVerifier, text: str) -> None:
    with pytest.raises(TokenInvalid):
        verifier.verify(text)


@pytest.mark.parametrize(
    "shape", ["{0}", "{0}.", "{0}..", "{0}.{1}", "{0}..{2}", "{0}.{1}.{2}.{1}", "{0}.{1}.{2}.", "{0}.{1}!.{2}"]
)
def test_a_good_header_with_anything_else_behind_it_is_refused(verifier: TokenVerifier, shape: str) -> None:
    with pytest.raises(TokenInvalid):
        verifier.verify(shape.format(*token().split(".")))


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def with_header(original: str, header: dict[str, Any]) -> str:
    _, body, signature = original.split(".")
    return f"{part(header)}.{body}.{signature}"
