"""Using a mailed link up, with all that would do the same again."""

from __future__ import annotations

from datetime import datetime

from pymongo.client_session import ClientSession
from pymongo.database import Database

from auth_service.domain import LetterKind, MailLink, address_key
from service_kit.mongo import MongoDocument


def use(db: Database[MongoDocument], link: MailLink, now: datetime, within: ClientSession) -> bool:
    """Whether the link was there to be used; its siblings go with it, and the orders that would make more."""
    query = {"_id": link.hash, "expires_at": {"$gt": now}}
    if db.mail_links.delete_one(query, session=within).deleted_count == 0:
        return False
    withdraw(db, link.user_id, link.address, link.kind, within)
    return True


def withdraw(db: Database[MongoDocument], user_id: str, address: str, kind: LetterKind, within: ClientSession) -> None:
    """Every link and order of this kind for this user; some orders name nobody but the address."""
    db.mail_links.delete_many({"user_id": user_id, "kind": kind}, session=within)
    for whose in ({"user_id": user_id}, {"user_id": None, "address_key": address_key(address)}):
        db.mail_orders.delete_many({**whose, "kind": kind}, session=within)
