"""Generated secrets: one file each, readable by their owner only, made once and never printed."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

import zmq.utils.z85
from zmq import curve_keypair

SERVICES = ("auth_service", "transaction_service", "notification_service", "analytics_service", "monitoring")
SERVICE_CLIENTS = (*SERVICES[1:], "demo")


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


# MongoDB wants a key file of 6 to 1024 characters of base64; the passwords travel in URLs, so they are hexadecimal.
GENERATORS: dict[str, Callable[[], str]] = {
    "mongo-keyfile": lambda: base64.b64encode(secrets.token_bytes(96)).decode(),
    "mongo-admin": lambda: secrets.token_hex(24),
    "redis-monitor": lambda: secrets.token_hex(24),
    "signing-key-secret": _fernet_key,
    "webhook-secrets-key": _fernet_key,
    "demo-password": lambda: secrets.token_urlsafe(12),
    "probe-password": lambda: secrets.token_urlsafe(24),
    "alert-webhook-token": lambda: secrets.token_urlsafe(32),
    **{f"mongo-{service}": lambda: secrets.token_hex(24) for service in SERVICES},
    **{f"redis-{service}": lambda: secrets.token_hex(24) for service in SERVICES},
    **{f"secret-key-{service}": lambda: secrets.token_hex(32) for service in SERVICES},
    **{f"client-{client}": lambda: secrets.token_urlsafe(32) for client in SERVICE_CLIENTS},
}
CURVE_PAIRS = ("ledger-server", "ledger-client")


class SecretFiles:
    """Reads a secret by its name, and generates those that don't exist yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> str:
        return self.path(name).read_text()

    def path(self, name: str) -> Path:
        return self._folder / name

    def generate_missing(self) -> None:
        """Existing values stay: what they protect was made with them."""
        for name, generate in GENERATORS.items():
            if not self.path(name).exists():
                self._write(name, generate())
        for pair in CURVE_PAIRS:
            if not self.path(f"{pair}-secret").exists():
                public, secret = (zmq.utils.z85.decode(key).hex() for key in curve_keypair())
                self._write(f"{pair}-public", public)
                self._write(f"{pair}-secret", secret)

    def _write(self, name: str, value: str) -> None:
        write_private(self.path(name), value)


def write_private(path: Path, text: str) -> None:
    """Write whole or not at all, and never readable by others, not even for a moment."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)
