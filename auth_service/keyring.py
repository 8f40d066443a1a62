"""The signing keys in memory, read again now and then so that a rotation reaches a running process."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pydantic import SecretStr

from auth_service.ports import SigningKey
from auth_service.signing import unseal
from service_kit.clock import Clock
from service_kit.errors import Unavailable

REREAD_SECONDS = 60.0


class NoSigningKey(Unavailable):
    """`python -m auth_service.set_up` has not run yet."""

    code = "not_set_up"
    title = "The service has not been set up yet"


class Keyring:
    """ports.SigningKeys, and a `service_kit.signing_keys.KeySource` for auth's own verification.

    Args:
        sealed: (kid, encrypted private key) pairs, the newest first; the newest signs.
    """

    def __init__(self, sealed: Callable[[], list[tuple[str, bytes]]], secret: SecretStr, clock: Clock) -> None:
        self._sealed = sealed
        self._secret = secret
        self._clock = clock
        self._keys: list[SigningKey] = []
        self._read_at = float("-inf")
        self._lock = threading.Lock()

    def current(self) -> SigningKey:
        """See ports.SigningKeys."""
        return self._known()[0]

    def public(self) -> dict[str, RSAPublicKey]:
        """See ports.SigningKeys."""
        return {key.kid: key.private.public_key() for key in self._known()}

    def key_for(self, kid: str) -> RSAPublicKey | None:
        """See KeySource."""
        return self.public().get(kid)

    def _known(self) -> list[SigningKey]:
        with self._lock:
            now = self._clock.monotonic()
            if not self._keys or now - self._read_at > REREAD_SECONDS:
                self._keys = [unseal(kid, sealed, self._secret) for kid, sealed in self._sealed()]
                self._read_at = now
            if not self._keys:
                raise NoSigningKey
            return self._keys
