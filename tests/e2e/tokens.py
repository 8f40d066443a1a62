"""Tokens that must open nothing, made with auth's own key where that makes them better forgeries."""

from typing import Any

from pydantic import SecretStr
from pymongo import MongoClient

from auth_service.signing import unseal
from auth_service.storage import MongoSealedKeys
from bench.stacks import Platform
from tests.forged_tokens import forgeries, read


def forged(platform: Platform, like: str) -> dict[str, tuple[str, str]]:
    """By the name of the trick: the token and the code of its refusal."""
    kid = read(like)[0]["kid"]
    with MongoClient[dict[str, Any]](platform.mongo_admin_url) as client:
        sealed = {key.kid: key.sealed for key in MongoSealedKeys(client["auth"]).all()}
    key = unseal(kid, sealed[kid], SecretStr(platform.stack.secret("signing-key-secret")))
    return forgeries(like, key.private)
