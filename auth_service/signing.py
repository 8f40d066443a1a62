"""Access tokens and the RSA keys that sign them. Private keys leave this module encrypted only."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import jwt
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from auth_service.ports import SigningKey
from contracts.access_token import ALGORITHM, TYPE, AccessToken

KEY_BITS = 2048


class WrongSigningKeySecret(RuntimeError):
    """SIGNING_KEY_SECRET is not the one that the stored keys were encrypted with."""


def new_signing_key() -> SigningKey:
    """A fresh key; its id is its RFC 7638 thumbprint, so two keys never share one."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    return SigningKey(_thumbprint(private.public_key()), private)


def seal(key: SigningKey, secret: SecretStr) -> bytes:
    """The private key, encrypted for storage."""
    der = key.private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Fernet(secret.get_secret_value()).encrypt(der)


def unseal(kid: str, sealed: bytes, secret: SecretStr) -> SigningKey:
    """The key of `seal`; raises WrongSigningKeySecret."""
    try:
        der = Fernet(secret.get_secret_value()).decrypt(sealed)
    except InvalidToken:
        raise WrongSigningKeySecret("SIGNING_KEY_SECRET does not open the stored signing keys") from None
    private = serialization.load_der_private_key(der, password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError("a signing key is an RSA key")
    return SigningKey(kid, private)


def sign(token: AccessToken, key: SigningKey) -> str:
    """The token as a JWT of RFC 9068."""
    headers = {"typ": TYPE, "kid": key.kid}
    return jwt.encode(token.claims(), key.private, algorithm=ALGORITHM, headers=headers)


def jwk_set(keys: dict[str, rsa.RSAPublicKey]) -> dict[str, Any]:
    """The public keys as RFC 7517 writes them."""
    return {"keys": [{**_jwk(key), "kid": kid, "use": "sig", "alg": ALGORITHM} for kid, key in keys.items()]}


def _jwk(key: rsa.RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {"e": _base64url(numbers.e), "kty": "RSA", "n": _base64url(numbers.n)}


def _thumbprint(key: rsa.RSAPublicKey) -> str:
    jwk = _jwk(key)
    canonical = f'{{"e":"{jwk["e"]}","kty":"RSA","n":"{jwk["n"]}"}}'
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).rstrip(b"=").decode()
