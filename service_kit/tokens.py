"""Verifying an access token: once by its signature, then by a dict lookup until it ends."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import jwt

from contracts.access_token import (
    ALGORITHM,
    AUDIENCE,
    ISSUER,
    LIFETIME_SECONDS,
    REQUIRED_CLAIMS,
    TYPE,
    AccessToken,
    InvalidClaims,
)
from service_kit.errors import TokenExpired, TokenInvalid, TokenRevoked
from service_kit.principal import Principal
from service_kit.signing_keys import KeySource

MAX_LENGTH = 4096
CLOCK_SKEW_SECONDS = 60
_OPTIONS: Any = {
    "require": list(REQUIRED_CLAIMS),
    # Times are judged below, by the clock that was handed in, on every use and not only on the first.
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


class Revoked(Protocol):
    """Knows whether the session of a token has ended."""

    def revoked(self, session_id: str, token: str) -> bool:
        """Whether it has. Raises AuthUnavailable when that can't be known."""


def decode(token: str, keys: KeySource) -> AccessToken:
    """Check everything about a token but its time and its session.

    PyJWT refuses `none` and HS256 made with our public key, but would take a token without `exp` or of another
    `typ`: an ID token or a refresh token in place of an access token (RFC 9068, section 4).

    Raises:
        TokenInvalid: not ours, altered, of another type or algorithm, or with a claim missing.
        AuthUnavailable: the key could not be fetched.
    """
    if len(token) > MAX_LENGTH:
        raise TokenInvalid("The token is too long to be one of ours.")
    try:
        # Of the header alone: `jwt.decode` reads the whole token anyway, character by character.
        header = jwt.get_unverified_header(token.partition(".")[0] + "..")
        kid, kind = header.get("kid"), header.get("typ")
        if header.get("alg") != ALGORITHM or "crit" in header or not isinstance(kid, str):
            raise TokenInvalid(f"Tokens are signed with {ALGORITHM} and name their key.")
        if not isinstance(kind, str) or kind.lower().removeprefix("application/") != TYPE:
            raise TokenInvalid(f"An access token has the type {TYPE}.")
        key = keys.key_for(kid)
        if key is None:
            raise TokenInvalid("The token is signed with a key that is not ours.")
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=_OPTIONS)
        return AccessToken.from_claims(claims)
    except (jwt.InvalidTokenError, InvalidClaims, UnicodeError):
        raise TokenInvalid("The token is not one of ours.") from None


def check_times(token: AccessToken, now: float) -> None:
    """Raises TokenInvalid for times that no access token of ours has, TokenExpired for one that has ended."""
    if token.issued_at > now + CLOCK_SKEW_SECONDS or token.expires_at - token.issued_at > LIFETIME_SECONDS:
        # Revocations are kept for a token's lifetime: one that claims a longer life would outlive them.
        raise TokenInvalid("The token's times are not those of an access token.")
    if token.expires_at <= now:
        raise TokenExpired


class TokenVerifier:
    """Turns a bearer token into a Principal; safe to share between threads.

    A verified token is remembered by its SHA-256 until it ends, so that neither the signature (about 80 us) nor
    the token itself is kept or checked again. At most `capacity` are remembered.

    Args:
        clock: seconds since 1970 UTC.
    """

    def __init__(
        self,
        keys: KeySource,
        revocations: Revoked,
        *,
        clock: Callable[[], float] = time.time,
        capacity: int = 20_000,
    ) -> None:
        self._keys = keys
        self._revocations = revocations
        self._clock = clock
        self._capacity = capacity
        self._verified: dict[bytes, tuple[float, Principal]] = {}
        self._lock = threading.Lock()

    def verify(self, token: str) -> Principal:
        """Return who the token speaks for.

        Raises:
            TokenInvalid, TokenExpired, TokenRevoked: 401, each with its code.
            AuthUnavailable: whether its session still holds can't be known now.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        now = self._clock()
        if known is None:
            known = self._first_time(token, now)
            self._remember(digest, known, now)
        expires_at, principal = known
        if expires_at <= now:
            raise TokenExpired
        if self._revocations.revoked(principal.session_id, token):
            raise TokenRevoked
        return principal

    def _first_time(self, token: str, now: float) -> tuple[float, Principal]:
        read = decode(token, self._keys)
        check_times(read, now)
        principal = Principal(read.user_id, read.username, read.roles, read.scopes, read.session_id, read.stepped_up_at)
        return float(read.expires_at), principal

    def _remember(self, digest: bytes, known: tuple[float, Principal], now: float) -> None:
        with self._lock:
            if len(self._verified) >= self._capacity:
                ended = [key for key, (expires_at, _) in self._verified.items() if expires_at <= now]
                for key in ended or list(self._verified)[: self._capacity // 10]:
                    del self._verified[key]
            self._verified[digest] = known
