"""Client credentials: how a service proves that it is itself (RFC 6749, section 4.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from auth_service.domain import Client, InvalidCredentials
from auth_service.ports import Clients, Passwords, SigningKeys
from auth_service.signing import sign
from auth_service.use_cases.guard import NOWHERE, Guard, Visitor
from auth_service.use_cases.tokens import TokenGrant
from contracts.access_token import LIFETIME_SECONDS, AccessToken
from service_kit.clock import Clock
from service_kit.errors import BadRequest

_PREFIX = "client:"


class InvalidClient(InvalidCredentials):
    """The answer is the same for an unknown client and for a wrong secret."""

    code = "invalid_client"
    title = "The client or its secret is wrong"


class InvalidScope(BadRequest):
    """The client may not have a scope that it asked for."""

    code = "invalid_scope"
    title = "This client may not have that scope"


def client_of(user_id: str) -> str | None:
    """The client's id if a token's subject is a service, None for a person."""
    return user_id.removeprefix(_PREFIX) if user_id.startswith(_PREFIX) else None


@dataclass(frozen=True)
class IssueServiceToken:
    """Raises InvalidClient, InvalidScope, TooManyAttempts.

    A service has no session; its subject stands in for the session's id.
    """

    clients: Clients
    passwords: Passwords
    keys: SigningKeys
    clock: Clock
    new_id: Callable[[], str]
    guard: Guard

    def client(self, client_id: str, secret: str, visitor: Visitor = NOWHERE) -> Client:
        """Who these credentials belong to.

        Which clients there are is no secret, so an unknown one costs neither a hash, whose single place is the
        services', nor a count: invented ids could take as many as they like of both.
        """
        client = self.clients.by_id(client_id)
        if client is None:
            raise InvalidClient(error="invalid_client")
        with self.passwords.a_try():
            own = self.guard.client(client_id, visitor)
            if not self.passwords.verify(secret, client.secret_hash):
                raise InvalidClient(error="invalid_client")
            self.guard.succeeded(own)
        return client

    def __call__(self, client_id: str, secret: str, wanted: frozenset[str], visitor: Visitor = NOWHERE) -> TokenGrant:
        """A token with the scopes `wanted`, or all that the client may have if none are named."""
        client = self.client(client_id, secret, visitor)
        allowed = frozenset(client.scopes)
        if not wanted <= allowed:
            raise InvalidScope(f"It may have: {' '.join(sorted(allowed))}.", error="invalid_scope")
        now = int(self.clock.now().timestamp())
        token = AccessToken(
            user_id=_PREFIX + client.id,
            username=client.id,
            session_id=_PREFIX + client.id,
            token_id=self.new_id(),
            roles=("service",),
            scopes=wanted or allowed,
            issued_at=now,
            expires_at=now + LIFETIME_SECONDS,
        )
        return TokenGrant(sign(token, self.keys.current()), LIFETIME_SECONDS, token.scopes)
