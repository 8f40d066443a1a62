"""The public keys that access tokens are verified by, from auth's JWKS."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

from contracts.access_token import ALGORITHM, KEYS_MAX_AGE_SECONDS
from service_kit.errors import AuthUnavailable

_log = structlog.get_logger(__name__)


class KeySource(Protocol):
    """Finds a public key by its id."""

    def key_for(self, kid: str) -> RSAPublicKey | None:
        """The key, or None where nobody signs with such a key. Raises AuthUnavailable if that can't be known."""


class JwksKeys:
    """Auth's keys, fetched when first needed, again for a key id not seen before, and every `max_age` seconds.

    Fetches are at least `min_interval` seconds apart: a flood of tokens with invented key ids must not become a
    flood of requests to auth. While auth is away the keys known so far keep serving.

    Args:
        fetch: returns the JWK set (RFC 7517) as a dict; raises AuthUnavailable.
        clock: seconds, never going back.
    """

    def __init__(
        self,
        fetch: Callable[[], dict[str, Any]],
        *,
        clock: Callable[[], float] = time.monotonic,
        min_interval: float = 5.0,
        max_age: float = KEYS_MAX_AGE_SECONDS,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._min_interval = min_interval
        self._max_age = max_age
        self._keys: dict[str, RSAPublicKey] = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._lock = threading.Lock()

    def key_for(self, kid: str) -> RSAPublicKey | None:
        """See KeySource."""
        now = self._clock()
        if kid not in self._keys or now - self._fetched_at > self._max_age:
            self._refresh(kid)
        key = self._keys.get(kid)
        if key is None and self._fetched_at < self._tried_at:
            raise AuthUnavailable("The keys that tokens are verified by could not be fetched.")
        return key

    def _refresh(self, kid: str) -> None:
        with self._lock:
            now = self._clock()
            if now - self._tried_at < self._min_interval:
                return
            self._tried_at = now
            try:
                self._keys = read_jwks(self._fetch())
                self._fetched_at = now
            except AuthUnavailable as error:
                _log.warning("jwks_not_fetched", detail=str(error), keys_known=len(self._keys))


def read_jwks(document: dict[str, Any]) -> dict[str, RSAPublicKey]:
    """The RS256 signing keys of a JWK set, by key id; keys of other kinds are left out."""
    keys: dict[str, RSAPublicKey] = {}
    for entry in document.get("keys", []):
        if not isinstance(entry, dict) or entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
            continue
        try:
            key = PyJWK.from_dict(entry, algorithm=ALGORITHM).key
        except PyJWTError as error:
            _log.warning("jwk_not_usable", detail=str(error))
            continue
        if isinstance(key, RSAPublicKey) and isinstance(entry.get("kid"), str):
            keys[entry["kid"]] = key
    return keys
