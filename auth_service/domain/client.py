"""Services that ask in their own name."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.access_token import Scope


@dataclass(frozen=True)
class Client:
    """A service that asks in its own name (client credentials)."""

    id: str
    secret_hash: str
    scopes: tuple[str, ...]


CLIENT_SCOPES: dict[str, tuple[str, ...]] = {
    "transaction_service": (Scope.TOKENS_INTROSPECT,),
    "notification_service": (Scope.TOKENS_INTROSPECT,),
    "analytics_service": (Scope.TOKENS_INTROSPECT, Scope.LEDGER_READ, Scope.USERS_STANDING, Scope.NOTICES_WRITE),
    "monitoring": (
        Scope.TOKENS_INTROSPECT,
        Scope.LEDGER_READ,
        Scope.LEDGER_REPUBLISH,
        Scope.PIPELINE_READ,
        Scope.USERS_ORIGIN,
    ),
    "demo": (Scope.USERS_ORIGIN, Scope.LEDGER_READ, Scope.PIPELINE_READ),
}
"""The services that may exist, and what each is for. A secret without an entry here opens nothing."""
