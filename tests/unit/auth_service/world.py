"""Auth over stores in memory, with a clock that stands still and ids that count: what its unit tests share."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import count
from typing import Any

from cryptography.fernet import Fernet
from flask import Flask
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from auth_service.app import create_app
from auth_service.assembly import Auth, Stores, Tools, assemble
from auth_service.authenticator import Authenticator
from auth_service.challenges import Challenges
from auth_service.devices import Devices
from auth_service.document import FORMATS, OPENAPI
from auth_service.domain import MailLink, MailOrder, StoredKey, User, Whence
from auth_service.keyring import Keyring
from auth_service.metrics import AuthMetrics
from auth_service.opaque_tokens import hash_of, new_token
from auth_service.passwords import Argon2Passwords
from auth_service.ports import SigningKey
from auth_service.set_up import ensure_clients
from auth_service.settings import WebSettings
from auth_service.signing import new_signing_key, seal
from auth_service.use_cases import (
    Trails,
)
from service_kit.client_address import networks_of
from tests.documented import Documented, client_of
from tests.manual_clock import ManualClock
from tests.unit.auth_service.memory import (
    MemoryAttempts,
    MemoryCache,
    MemoryClients,
    MemoryOutbox,
    MemoryPayments,
    MemoryRefreshTokens,
    MemorySealedKeys,
    MemorySecondFactors,
    MemorySessions,
    MemoryTrail,
    MemoryUsers,
)
from tests.unit.auth_service.memory_credentials import MemoryCredentials, MemoryEmailChanges
from tests.unit.auth_service.memory_mail import MemoryMail

SECRET = SecretStr(Fernet.generate_key().decode())
CLIENT_SECRETS = {"transaction_service": "t" * 40, "analytics_service": "a" * 40, "demo": "d" * 40}
PASSWORD = "correct horse"
HOME = Whence("192.0.2.1", "Firefox 130 on Linux")
"""Where every act of these tests comes from."""
DOCUMENTED = Documented(OPENAPI, FORMATS)
DocumentedClient = client_of(DOCUMENTED)


@cache
def signing_key() -> SigningKey:
    """Making one takes a moment; one serves every test."""
    return new_signing_key()


def stored_key(signs_from: datetime, key: SigningKey | None = None, follows: str | None = None) -> StoredKey:
    """`key`, or the one that serves every test, as it is kept."""
    key = key or signing_key()
    return StoredKey(key.kid, seal(key, SECRET), signs_from, signs_from, follows)


class World:
    """Everything that auth has to do with, open for inspection."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.registry = CollectorRegistry()
        self.metrics = AuthMetrics(self.registry)
        self.outbox, self.clients = MemoryOutbox(), MemoryClients()
        self.trail = MemoryTrail()
        self.sessions = MemorySessions(self.outbox, self.trail)
        self.refresh_tokens = MemoryRefreshTokens(self.sessions)
        self.mail, self.cache, self.sealed = MemoryMail(), MemoryCache(), MemorySealedKeys()
        self.users = MemoryUsers(self.outbox, self.trail, self.mail)
        self.credentials = MemoryCredentials(self.users, self.sessions, self.outbox, self.trail, self.mail)
        self.email_changes = MemoryEmailChanges(self.users, self.credentials)
        self.attempts, self.devices = MemoryAttempts(), Devices(SecretStr("s" * 32))
        self.payments = MemoryPayments()
        self.users.sessions = self.sessions
        self.passwords = cheap_passwords(self.metrics)
        self.sealed.add(stored_key(self.clock.now()))
        self.keys = Keyring(self.sealed.all, SECRET, self.clock)
        ensure_clients(self.clients, self.passwords, CLIENT_SECRETS)
        self.trails = Trails(self.trail, lambda: HOME)
        self.auth = self._auth()

    def _auth(self) -> Auth:
        ids, cookies = count(1), count(1)
        stores = Stores(
            users=self.users,
            sessions=self.sessions,
            credentials=self.credentials,
            email_changes=self.email_changes,
            refresh_tokens=self.refresh_tokens,
            clients=self.clients,
            orders=self.mail,
            factors=MemorySecondFactors(self.outbox, self.trail, self.users, self.sessions),
            trail=self.trail,
            attempts=self.attempts,
            cache=self.cache,
            keys=self.keys,
        )
        tools = Tools(
            passwords=self.passwords,
            client_secrets=self.passwords,
            authenticator=Authenticator(SECRET),
            challenges=Challenges(SecretStr("s" * 32), self.clock),
            devices=self.devices,
            payments=self.payments,
            shared=networks_of("192.0.2.0/24"),
            clock=self.clock,
            metrics=self.metrics,
            whence=lambda: HOME,
            new_id=lambda: f"00000000-0000-7000-8000-{next(ids):012d}",
            traceparent=lambda: None,
            new_cookie=lambda: f"cookie-{next(cookies):036d}",
        )
        return assemble(stores, tools)

    def app(self, **settings: Any) -> Flask:
        app = create_app(self.auth, web_settings(**settings), self.registry, {})
        app.test_client_class = DocumentedClient
        return app

    def deliver(self, order: MailOrder) -> str:
        """What the mailer does with an order that has a link; returns the link's token."""
        token = new_token()
        recipient = order.user_id or getattr(self.users.by_confirmed_email(order.address), "id", None)
        assert recipient is not None
        link = MailLink(hash_of(token), order.kind, recipient, order.address, order.worthless_at, order.about)
        assert self.mail.link(order, link)
        return token

    def confirm(self, user: User) -> None:
        """Have the user's address confirmed."""
        self.users.put(replace(user, email_confirmed=True))

    def count_of(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


def web_settings(**changes: Any) -> WebSettings:
    values = {
        "http_port": 5000,
        "environment": "development",
        "mongo_url": "mongodb://nowhere",
        "redis_url": "redis://nowhere",
        "transaction_url": "http://nowhere",
        "signing_key_secret": SECRET,
        "secret_key": "s" * 32,
    }
    return WebSettings(**{**values, **changes})


def cheap_passwords(metrics: AuthMetrics, *, passes: int = 1) -> Argon2Passwords:
    """Real argon2id, with parameters that cost nothing."""
    return Argon2Passwords(metrics.password_hash_seconds, memory_kib=8, passes=passes)
