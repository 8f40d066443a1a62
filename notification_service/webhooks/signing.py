"""Signatures and secrets of Standard Webhooks 1.0
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md), symmetric: `v1`.

Tests hold these signatures against the `standardwebhooks` package: what verifies them is not what made them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr

PREFIX = "whsec_"
SECRET_BYTES = 32
"""The specification asks for 24 to 64."""


class WrongSecretsKey(RuntimeError):
    """WEBHOOK_SECRETS_KEY is not the one that the stored secrets were encrypted with."""


class SecretBox:
    """Makes secrets, and keeps them encrypted at rest: who reads the database can't speak for us."""

    def __init__(self, key: SecretStr) -> None:
        self._fernet = Fernet(key.get_secret_value())

    def new(self) -> tuple[str, bytes]:
        """A fresh secret: as its receiver is shown it, and sealed."""
        secret = secrets.token_bytes(SECRET_BYTES)
        return _written(secret), self._fernet.encrypt(secret)

    def show(self, sealed: bytes) -> str:
        """As its receiver is shown it; raises WrongSecretsKey."""
        return _written(self.open(sealed))

    def open(self, sealed: bytes) -> bytes:
        """The bytes to sign with; raises WrongSecretsKey."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise WrongSecretsKey("WEBHOOK_SECRETS_KEY does not open the stored secrets") from None


def _written(secret: bytes) -> str:
    return PREFIX + base64.b64encode(secret).decode()


def signatures(id: str, timestamp: int, body: bytes, secrets: Iterable[bytes]) -> str:
    """The value of `webhook-signature`: one for each secret, so that a receiver may change from one to the other."""
    signed = f"{id}.{timestamp}.".encode() + body
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in secrets
    )
