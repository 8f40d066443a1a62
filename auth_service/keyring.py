"""The signing keys in memory, read again now and then so that a rotation reaches a running process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pymongo
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pydantic import SecretStr
from pymongo.errors import PyMongoError

from auth_service.domain import REREAD_SECONDS, StoredKey
from auth_service.domain.signing_key import signer
from auth_service.ports import SigningKey
from auth_service.signing import unseal
from service_kit.clock import Clock
from service_kit.errors import StoreUnavailable, Unavailable
from service_kit.outage_log import OutageLog

RETRY_SECONDS = 5.0
RETRY_WITHOUT_KEYS_SECONDS = 1.0
READ_SECONDS = 1.0
"""How long one read of the keys may take: one request waits for it, and so does /readyz."""
_log = structlog.get_logger(__name__)


class NoSigningKey(Unavailable):
    """`python -m auth_service.set_up` has not run yet."""

    code = "not_set_up"
    title = "The service has not been set up yet"


@dataclass(frozen=True)
class _Keys:
    """What one read gave."""

    stored: list[StoredKey]
    opened: dict[str, SigningKey]
    public: dict[str, RSAPublicKey]


class Keyring:
    """ports.SigningKeys, and a `service_kit.signing_keys.KeySource` for auth's own verification.

    Keys that were read once stay in use for as long as MongoDB is away: at worst a rotation arrives late.

    Args:
        sealed: all keys as they are stored; raises PyMongoError.
    """

    def __init__(self, sealed: Callable[[], list[StoredKey]], secret: SecretStr, clock: Clock) -> None:
        self._sealed = sealed
        self._secret = secret
        self._clock = clock
        self._keys = _Keys([], {}, {})
        self._read_again_at = float("-inf")
        self._lock = threading.Lock()
        self._outage = OutageLog(_log, "signing_keys_not_read", "signing_keys_read_again")

    def current(self) -> SigningKey:
        """See ports.SigningKeys."""
        known = self._known()
        stored = signer(known.stored, self._clock.now())
        if stored is None:
            raise NoSigningKey
        return known.opened[stored.kid]

    def public(self) -> dict[str, RSAPublicKey]:
        """See ports.SigningKeys."""
        return self._known().public

    def key_for(self, kid: str) -> RSAPublicKey | None:
        """See KeySource."""
        return self.public().get(kid)

    def _known(self) -> _Keys:
        """The keys; with none yet, everybody waits for the first read, later only the one request that reads again.

        Raises:
            StoreUnavailable: there are none yet, and MongoDB is away.
            NoSigningKey: there are none in MongoDB either.
        """
        known = self._keys
        if known.stored and self._clock.monotonic() < self._read_again_at:
            return known
        if self._lock.acquire(blocking=not known.stored):
            try:
                self._read_if_due()
            finally:
                self._lock.release()
        if not self._keys.stored:
            raise NoSigningKey
        return self._keys

    def _read_if_due(self) -> None:
        if self._clock.monotonic() < self._read_again_at:
            # It was read, or tried, while this request waited for the lock.
            if not self._keys.stored:
                raise StoreUnavailable
            return
        try:
            with pymongo.timeout(READ_SECONDS):
                self._keys = self._opened(self._sealed())
        except PyMongoError as error:
            self._outage.failed(error)
            self._read_again_at = self._clock.monotonic() + (
                RETRY_SECONDS if self._keys.stored else RETRY_WITHOUT_KEYS_SECONDS
            )
            if not self._keys.stored:
                raise StoreUnavailable from error
        else:
            self._outage.succeeded()
            # Without keys it is asked each time: `set_up` may end any moment.
            self._read_again_at = self._clock.monotonic() + (REREAD_SECONDS if self._keys.stored else 0.0)

    def _opened(self, stored: list[StoredKey]) -> _Keys:
        """Those that were open already stay so: to open one takes a while."""
        opened = {
            key.kid: self._keys.opened.get(key.kid) or unseal(key.kid, key.sealed, self._secret) for key in stored
        }
        return _Keys(stored, opened, {kid: key.private.public_key() for kid, key in opened.items()})
