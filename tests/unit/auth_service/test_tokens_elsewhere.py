"""Auth's tokens and keys as a library sees them that auth doesn't use; and what auth thinks of that library's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from jwcrypto.jwk import JWKSet
from jwcrypto.jwt import JWT, JWTExpired

from contracts.access_token import AUDIENCE, ISSUER, LIFETIME_SECONDS
from tests.forged_tokens import forgeries
from tests.unit.auth_service.world import PASSWORD, World, signing_key


@pytest.fixture
def client(world: World) -> FlaskClient:
    world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
    return world.app().test_client()


@pytest.fixture
def tokens(client: FlaskClient) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/v1/login", json={"username": "demo-001", "password": PASSWORD}).json
    return answer


def verified(token: str, client: FlaskClient, at: float) -> JWT:
    """By nothing but the published document, as a stranger would do it."""
    published = JWKSet.from_json(client.get("/.well-known/jwks.json").text)
    expected = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(at), "sub": None, "jti": None, "sid": None}
    read = JWT(algs=["RS256"], check_claims=expected)
    read.deserialize(token, published)
    return read


def test_another_library_verifies_our_tokens_by_the_published_keys_alone(
    client: FlaskClient, tokens: dict[str, Any], world: World
) -> None:
    read = verified(tokens["access_token"], client, world.clock.now().timestamp())

    header, claims = json.loads(read.header), json.loads(read.claims)
    assert (header["typ"], header["alg"], header["kid"]) == ("at+jwt", "RS256", signing_key().kid)
    assert claims["username"] == "demo-001"
    assert claims["exp"] - claims["iat"] == LIFETIME_SECONDS


def test_another_library_finds_our_tokens_ended_after_five_minutes(
    client: FlaskClient, tokens: dict[str, Any], world: World
) -> None:
    with pytest.raises(JWTExpired):
        verified(tokens["access_token"], client, world.clock.now().timestamp() + LIFETIME_SECONDS + 1)


def test_the_published_keys_hold_nothing_private_and_are_named_by_their_thumbprints(client: FlaskClient) -> None:
    document = client.get("/.well-known/jwks.json").json

    assert [key.keys() for key in document["keys"]] == [{"kty", "n", "e", "kid", "use", "alg"}]
    (key,) = JWKSet.from_json(json.dumps(document))
    assert not key.has_private
    assert key.thumbprint() == document["keys"][0]["kid"]


def test_forged_tokens_open_nothing(client: FlaskClient, tokens: dict[str, Any]) -> None:
    tricks = forgeries(tokens["access_token"], signing_key().private)

    answers = {
        trick: client.get("/v1/me", headers={"Authorization": f"Bearer {forged}"})
        for trick, (forged, _) in tricks.items()
    }

    refused = {trick: (answer.status_code, answer.json["code"]) for trick, answer in answers.items()}
    assert refused == {trick: (401, code) for trick, (_, code) in tricks.items()}
