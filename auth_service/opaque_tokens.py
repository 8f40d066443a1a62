"""Refresh tokens: 256 random bits that mean nothing by themselves. Stored is what can't be turned back into one."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A fresh one, 43 characters."""
    return secrets.token_urlsafe(BYTES)


def looks_like_one(text: str) -> bool:
    """Whether it is worth looking for."""
    return _TOKEN.fullmatch(text) is not None


def hash_of(text: str) -> str:
    """Its SHA-256, in hex, the only form in which it is kept: 256 random bits need no slow hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def seal_successor(token: str, successor: str) -> bytes:
    """`successor`, encrypted so that only who has `token` can read it: the server forgets both."""
    return _box(token).encrypt(successor.encode())


def open_successor(token: str, sealed: bytes) -> str:
    """The successor of `seal_successor`."""
    return _box(token).decrypt(sealed).decode()


def _box(token: str) -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"fintech-app/auth refresh token successor").derive(token.encode())
    return Fernet(base64.urlsafe_b64encode(key))
