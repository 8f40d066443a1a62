"""Idempotent set-up, `python -m auth_service.set_up`: indexes, the first signing key, the services' credentials."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from auth_service import storage
from auth_service.domain import CLIENT_SCOPES, Client, StoredKey, whole_milliseconds
from auth_service.metrics import AuthMetrics
from auth_service.passwords import Argon2Passwords
from auth_service.ports import Clients, Passwords, SealedKeys
from auth_service.settings import SetUpSettings
from auth_service.signing import new_signing_key, seal, unseal
from auth_service.storage import MongoSealedKeys
from auth_service.wiring import SERVICE
from service_kit import logging, mongo
from service_kit.clock import Clock, SystemClock

_log = structlog.get_logger(__name__)


def ensure_signing_key(keys: SealedKeys, secret: SecretStr, clock: Clock) -> bool:
    """Make the first key; return whether one was made. Raises WrongSigningKeySecret if those there can't be opened."""
    stored = keys.all()
    for known in stored:
        unseal(known.kid, known.sealed, secret)
    if stored:
        return False
    key, now = new_signing_key(), whole_milliseconds(clock.now())
    return keys.add(StoredKey(key.kid, seal(key, secret), now, signs_from=now))


def ensure_clients(clients: Clients, passwords: Passwords, secrets: Mapping[str, str]) -> list[str]:
    """Bring the clients' secrets and scopes up to date; return the ids of those that changed."""
    changed = []
    for client_id, secret in secrets.items():
        scopes = CLIENT_SCOPES[client_id]
        known = clients.by_id(client_id)
        if known is None or known.scopes != scopes or not passwords.verify(secret, known.secret_hash):
            clients.put(Client(client_id, passwords.hash(secret), scopes))
            changed.append(client_id)
    return changed


def main() -> None:
    """Read the environment, set up, say what was done."""
    settings = SetUpSettings.from_env()
    logging.configure(SERVICE, process="set_up", level=settings.log_level)
    client = mongo.connect(settings.mongo_url.get_secret_value(), "auth-set-up")
    db, clock = storage.database(client), SystemClock()
    storage.create_indexes(db)
    made = ensure_signing_key(MongoSealedKeys(db), settings.signing_key_secret, clock)
    passwords = Argon2Passwords(AuthMetrics(CollectorRegistry()).password_hash_seconds)
    changed = ensure_clients(storage.MongoClients(db), passwords, settings.service_client_secrets)
    _log.info("set_up_done", signing_key_made=made, clients_changed=changed)
    client.close()


if __name__ == "__main__":
    main()
