"""The access token that crosses every service boundary: a JWT of RFC 9068 (`typ: at+jwt`), signed with RS256.

Auth makes it, everybody verifies it by auth's JWKS. This file is the language of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ALGORITHM = "RS256"
TYPE = "at+jwt"
AUDIENCE = "fintech-app"
ISSUER = "fintech-app/auth"
LIFETIME_SECONDS = 300
STEP_UP_SECONDS = 600
"""How long a proof of the second factor counts for what matters, from then on (RFC 9470)."""
ACR_TWO_FACTORS = "urn:fintech-app:acr:two-factors"
KEYS_MAX_AGE_SECONDS = 300
"""So long a copy of auth's JWKS may be used; a new key signs nothing until all copies without it are older."""
PEOPLE_CLIENT = "fintech-app-api"
"""The client by which people's programs get tokens: a public one (RFC 6749, section 2.1), which keeps no secret."""
REQUIRED_CLAIMS = ("iss", "aud", "sub", "username", "sid", "jti", "roles", "scope", "iat", "exp")

ROLES = ("user", "support", "analyst", "admin")
NEWCOMER = "newcomer"
"""Stands among the roles of a session and its tokens while the person's e-mail isn't confirmed: small limits hold. It
is granted to nobody and allows nothing."""
STAFF_ROLES = frozenset({"support", "analyst", "admin"})
"""Who may look at any transfer's journey."""
PLATFORM_FIGURES = frozenset({"analyst", "admin", "service"})
"""Who is shown the whole platform's figures; everybody else sees their own."""


class Scope:
    """Every scope of the platform, by the act that it allows."""

    ACCOUNT_MANAGE = "account:manage"
    ACCOUNTS_READ = "accounts:read"
    TRANSFERS_READ = "transfers:read"
    TRANSFERS_WRITE = "transfers:write"
    NOTIFICATIONS_READ = "notifications:read"
    NOTIFICATIONS_WRITE = "notifications:write"
    NOTICES_WRITE = "notices:write"
    DELIVERIES_MANAGE = "deliveries:manage"
    REPORTS_READ = "reports:read"
    JOURNEYS_READ = "journeys:read"
    LEDGER_READ = "ledger:read"
    LEDGER_REPUBLISH = "ledger:republish"
    PIPELINE_READ = "pipeline:read"
    TOKENS_INTROSPECT = "tokens:introspect"
    USERS_ORIGIN = "users:origin"
    USERS_READ = "users:read"
    USERS_STANDING = "users:standing"
    USERS_MANAGE = "users:manage"


USER_SCOPES = (
    Scope.ACCOUNT_MANAGE,
    Scope.ACCOUNTS_READ,
    Scope.TRANSFERS_READ,
    Scope.TRANSFERS_WRITE,
    Scope.NOTIFICATIONS_READ,
    Scope.NOTIFICATIONS_WRITE,
    Scope.REPORTS_READ,
    Scope.JOURNEYS_READ,
)
"""What a person's own token allows: their account with us, payment accounts, transfers, notifications, figures and
journeys. Whoever needs less asks for less (RFC 6749, section 6): a program without `account:manage` reaches no session,
password or address."""


class InvalidClaims(ValueError):
    """The token is authentic, but its claims are not those of an access token."""


@dataclass(frozen=True)
class AccessToken:
    """The claims of a verified token. Times are seconds since 1970 UTC; a service's `sub` is `client:<id>`.

    `stepped_up_at`: when the person last proved their second factor, if they have one; claims `auth_time` and `acr`.
    """

    user_id: str
    username: str
    session_id: str
    token_id: str
    roles: tuple[str, ...]
    scopes: frozenset[str]
    issued_at: int
    expires_at: int
    stepped_up_at: int | None = None

    def claims(self) -> dict[str, Any]:
        """As the payload of the JWT."""
        proven = {} if self.stepped_up_at is None else {"auth_time": self.stepped_up_at, "acr": ACR_TWO_FACTORS}
        return {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": self.user_id,
            "username": self.username,
            "sid": self.session_id,
            "jti": self.token_id,
            "roles": list(self.roles),
            "scope": " ".join(sorted(self.scopes)),
            "iat": self.issued_at,
            "exp": self.expires_at,
            **proven,
        }

    @classmethod
    def from_claims(cls, claims: dict[str, Any]) -> AccessToken:
        """Read a payload whose signature, issuer, audience and times have been verified.

        Raises:
            InvalidClaims: a claim is missing or of another type.
        """
        texts = ("sub", "username", "sid", "jti", "scope")
        if any(not isinstance(claims.get(name), str) for name in texts):
            raise InvalidClaims(f"{', '.join(texts)} must be strings")
        roles = claims.get("roles")
        if not isinstance(roles, list) or any(role not in (*ROLES, NEWCOMER, "service") for role in roles):
            raise InvalidClaims("roles must be a list of known roles")
        if any(type(claims.get(name)) is not int for name in ("iat", "exp")):
            raise InvalidClaims("iat and exp must be integers")
        if "auth_time" in claims and type(claims["auth_time"]) is not int:
            raise InvalidClaims("auth_time must be an integer")
        return cls(
            user_id=claims["sub"],
            username=claims["username"],
            session_id=claims["sid"],
            token_id=claims["jti"],
            roles=tuple(roles),
            scopes=frozenset(claims["scope"].split()),
            issued_at=claims["iat"],
            expires_at=claims["exp"],
            stepped_up_at=claims.get("auth_time"),
        )
