"""Database `auth`: its collections and indexes. The audit log's entries are in `auth_audit` (`storage.audit`).

users           _id = user id; unique username; unique confirmed_email where there is one
sessions        _id = session id; unique cookie_hash where there is one; removed by TTL some time after their end
places          _id = hash of user, device and address: where people have logged in; removed by TTL after half a year
refresh_tokens  _id = the token's hash; removed by TTL when their session can't last any longer
clients         _id = client id
signing_keys    _id = kid; the private key encrypted; unique follows, so that each has one successor
audit_heads     _id = user id; the last entry of each chain of the audit log
audit_whence    _id = the entry's; where an act came from, apart so that it can be forgotten
second_factors  _id = user id; the shared key encrypted, the recovery codes hashed
attempts        _id = the limit and the hash of what it counts; removed by TTL when the count is over
outbox          _id = event id (UUID 7, so their order is that of time); removed once published
mail_orders     _id = order id; removed once sent, or no longer of use
mail_links      _id = the token's hash; removed when used, and by TTL when they are too old
mail_sent       letters that were sent, by the address' hash; removed by TTL after an hour
"""

from __future__ import annotations

from datetime import timedelta

from pymongo import ASCENDING, DESCENDING, MongoClient
from pymongo.database import Database

from auth_service.domain import LETTERS_WINDOW
from service_kit.mongo import MongoDocument
from service_kit.revocations import KEEP_SECONDS

DATABASE = "auth"
PURGE_AFTER = timedelta(seconds=KEEP_SECONDS) + timedelta(hours=1)
"""How long an ended session stays: for as long as a process may need to load that it was revoked, and a little more."""

PLACE_REMEMBERED = timedelta(days=180)


def database(client: MongoClient[MongoDocument]) -> Database[MongoDocument]:
    """Auth's own database; its user has rights on no other."""
    return client[DATABASE]


def create_indexes(db: Database[MongoDocument]) -> None:
    """Idempotent; run by `auth_service.set_up`."""
    db.users.create_index("username", unique=True)
    db.users.create_index("roles")
    db.users.create_index("email")
    confirmed = {"confirmed_email": {"$type": "string"}}
    db.users.create_index("confirmed_email", unique=True, partialFilterExpression=confirmed)
    db.sessions.create_index("cookie_hash", unique=True, partialFilterExpression={"cookie_hash": {"$type": "string"}})
    db.sessions.create_index([("user_id", ASCENDING), ("created_at", DESCENDING)])
    db.sessions.create_index("ended_at", sparse=True)
    db.sessions.create_index("purge_at", expireAfterSeconds=0)
    db.places.create_index("user_id")
    db.places.create_index("seen_at", expireAfterSeconds=int(PLACE_REMEMBERED.total_seconds()))
    db.refresh_tokens.create_index("purge_at", expireAfterSeconds=0)
    db.refresh_tokens.create_index("session_id")
    db.mail_orders.create_index([("notice", DESCENDING), ("next_try_at", ASCENDING)])
    db.mail_orders.create_index("ordered_at")
    db.mail_orders.create_index([("user_id", ASCENDING), ("address_key", ASCENDING)])
    db.mail_links.create_index("user_id")
    db.mail_links.create_index("expires_at", expireAfterSeconds=0)
    db.mail_sent.create_index([("address_hash", ASCENDING), ("kind", ASCENDING), ("at", ASCENDING)])
    db.mail_sent.create_index("at", expireAfterSeconds=int(LETTERS_WINDOW.total_seconds()))
    db.signing_keys.create_index("follows", unique=True)
    db.attempts.create_index("purge_at", expireAfterSeconds=0)
    for name in ("clients", "outbox", "audit_heads", "audit_whence", "second_factors"):
        if name not in db.list_collection_names():
            # A transaction would create it too, but only after waiting for a lock on the catalog.
            db.create_collection(name)
