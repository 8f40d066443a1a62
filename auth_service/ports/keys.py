"""What tokens are signed by, and which services may ask for one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from auth_service.domain import Client, StoredKey
from service_kit.signing_keys import KeySource


@dataclass(frozen=True)
class SigningKey:
    """The key that signs now."""

    kid: str
    private: RSAPrivateKey


class SigningKeys(KeySource, Protocol):
    """The keys of the access tokens."""

    def current(self) -> SigningKey:
        """Raises NoSigningKey before set-up."""

    def public(self) -> dict[str, RSAPublicKey]:
        """By key id: all that a living token may have been signed with."""


class SealedKeys(Protocol):
    """The signing keys as they are kept: encrypted."""

    def all(self) -> list[StoredKey]: ...

    def add(self, key: StoredKey) -> bool:
        """False, and nothing is kept, where another follows the same key."""

    def remove(self, kids: Iterable[str]) -> None: ...


class Clients(Protocol):
    """Services with credentials."""

    def by_id(self, client_id: str) -> Client | None: ...

    def put(self, client: Client) -> None: ...
