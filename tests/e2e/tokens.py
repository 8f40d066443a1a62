"""Tokens that must open nothing: an expired one of ours, and good-looking ones of somebody else's."""

import time
import uuid
from dataclasses import replace
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr
from pymongo import MongoClient

from auth_service.signing import sign, unseal
from auth_service.storage import MongoSealedKeys
from bench.stacks import Platform
from contracts import access_token
from contracts.access_token import AccessToken


def claims_of(token: str) -> AccessToken:
    """What a token of ours says."""
    return AccessToken.from_claims(jwt.decode(token, options={"verify_signature": False}))


def expired(platform: Platform, like: str) -> str:
    """The same person's token as auth itself would have signed it ten minutes ago."""
    with MongoClient[dict[str, Any]](platform.mongo_admin_url) as client:
        kid, sealed = MongoSealedKeys(client["auth"]).all()[0]
    key = unseal(kid, sealed, SecretStr(platform.stack.secret("signing-key-secret")))
    made = int(time.time()) - 600
    return sign(replace(claims_of(like), issued_at=made, expires_at=made + access_token.LIFETIME_SECONDS), key)


def of_a_foreign_key(like: str) -> str:
    """Signed with a key of ours that auth has never seen, under the name of auth's key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims_of(like).claims(), key, algorithm="RS256", headers=jwt.get_unverified_header(like))


def unsigned(like: str) -> str:
    """`alg: none`, the oldest trick."""
    return jwt.encode(claims_of(like).claims(), "", algorithm="none", headers={"typ": access_token.TYPE})


def with_a_changed_payload(like: str, other_user_id: str) -> str:
    """Auth's signature under somebody else's claims."""
    head, _, signature = like.split(".")
    claims = replace(claims_of(like), user_id=other_user_id).claims()
    payload = jwt.encode(claims, uuid.uuid4().hex * 2, algorithm="HS256").split(".")[1]
    return f"{head}.{payload}.{signature}"
