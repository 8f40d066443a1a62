"""Access tokens that must open nothing, each with the code of its refusal. Made by jwcrypto, which auth doesn't use.

Where nothing else is said, auth's own key has signed: then only what is changed can be the reason of the refusal.
"""

from __future__ import annotations

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwcrypto.common import base64url_decode, base64url_encode
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

Json = dict[str, Any]
INVALID, EXPIRED = "token_invalid", "token_expired"


def forgeries(good: str, key: RSAPrivateKey) -> dict[str, tuple[str, str]]:
    """By the name of the trick: the token, and the code of the 401. `key` has signed `good`."""
    header, claims = read(good)
    ours, theirs = JWK.from_pyca(key), JWK.from_pyca(generate_private_key(public_exponent=65537, key_size=2048))
    without_exp = {name: value for name, value in claims.items() if name != "exp"}
    made = claims["iat"] - 600
    past = {"iat": made, "exp": made + 300}
    return {
        "alg none": (unsigned({**header, "alg": "none"}, claims), INVALID),
        "alg none in capitals": (unsigned({**header, "alg": "NONE"}, claims), INVALID),
        "the signature cut off": (good.rpartition(".")[0] + ".", INVALID),
        **_by_a_shared_secret(header, claims, key),
        "no exp": (signed(header, without_exp, ours), INVALID),
        "an exp of next year": (signed(header, {**claims, "exp": claims["exp"] + 31_536_000}, ours), INVALID),
        "expired": (signed(header, {**claims, **past}, ours), EXPIRED),
        "not yet issued": (signed(header, {**claims, "iat": claims["iat"] + 3600}, ours), INVALID),
        "typ JWT": (signed({**header, "typ": "JWT"}, claims, ours), INVALID),
        "typ of an ID token": (signed({**header, "typ": "id+jwt"}, claims, ours), INVALID),
        "no typ": (signed({name: header[name] for name in ("alg", "kid")}, claims, ours), INVALID),
        "another audience": (signed(header, {**claims, "aud": "another-app"}, ours), INVALID),
        "another issuer": (signed(header, {**claims, "iss": "https://example.com"}, ours), INVALID),
        "a foreign kid": (signed({**header, "kid": theirs.thumbprint()}, claims, theirs), INVALID),
        "a foreign key under our kid": (signed(header, claims, theirs), INVALID),
        "a foreign key in the header": (
            signed({**header, "jwk": theirs.export_public(as_dict=True)}, claims, theirs),
            INVALID,
        ),
        "a critical extension": (_with(good, header={**header, "crit": ["b64"], "b64": True}), INVALID),
        "another user in the payload": (_with(good, claims={**claims, "sub": "somebody-else"}), INVALID),
        "more roles in the payload": (_with(good, claims={**claims, "roles": ["user", "admin"]}), INVALID),
    }


def read(token: str) -> tuple[Json, Json]:
    """The header and the claims, unverified."""
    header, claims, _ = token.split(".")
    return json.loads(base64url_decode(header)), json.loads(base64url_decode(claims))


def signed(header: Json, claims: Json, key: JWK) -> str:
    """A JWS in its compact form, by the header's own algorithm."""
    token = JWS(json.dumps(claims))
    token.allowed_algs = [header["alg"]]
    # `crit` and `jwk` are for the verifier to judge.
    token.add_signature(key, protected=json.dumps(header))
    return str(token.serialize(compact=True))


def unsigned(header: Json, claims: Json) -> str:
    """The oldest trick: what no library signs."""
    return f"{_part(header)}.{_part(claims)}."


def _by_a_shared_secret(header: Json, claims: Json, key: RSAPrivateKey) -> dict[str, tuple[str, str]]:
    """Our public key, which everybody has, taken for the secret of an HMAC: in each form in which it could be read."""
    public = key.public_key()
    forms = {
        "PEM": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "JWK": JWK.from_pyca(public).export_public().encode(),
    }
    hmac_header = {**header, "alg": "HS256"}
    return {
        f"HS256 by our public key as {form}": (
            signed(hmac_header, claims, JWK(kty="oct", k=base64url_encode(secret))),
            INVALID,
        )
        for form, secret in forms.items()
    }


def _with(good: str, *, header: Json | None = None, claims: Json | None = None) -> str:
    """`good` with another part under its own signature."""
    old_header, old_claims, signature = good.split(".")
    return f"{_part(header) if header else old_header}.{_part(claims) if claims else old_claims}.{signature}"


def _part(value: Json) -> str:
    return str(base64url_encode(json.dumps(value)))
