"""Using a mailed link up, with all that would do the same again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pymongo.client_session import ClientSession
from pymongo.database import Database

from auth_service.domain import LetterKind, MailLink, User, address_key
from service_kit.mongo import MongoDocument


def use(db: Database[MongoDocument], link: MailLink, now: datetime, within: ClientSession) -> bool:
    """Whether the link was there to be used; its siblings go with it, and the orders that would make more."""
    query = {"_id": link.hash, "expires_at": {"$gt": now}}
    if db.mail_links.delete_one(query, session=within).deleted_count == 0:
        return False
    withdraw(db, link.user_id, (link.kind,), within)
    return True


def withdraw(db: Database[MongoDocument], user_id: str, kinds: Sequence[LetterKind], within: ClientSession) -> None:
    """Every link and order of these kinds for this user."""
    theirs = {"user_id": user_id, "kind": {"$in": list(kinds)}}
    db.mail_links.delete_many(theirs, session=within)
    db.mail_orders.delete_many(theirs, session=within)


def withdraw_resets(db: Database[MongoDocument], user: User, within: ClientSession) -> None:
    """Every link and order to reset the user's password.

    Orders name nobody but the address, and are for whoever has confirmed it: many accounts may name it, and only that
    one's owner may take a letter back that they may be waiting for.
    """
    kind: LetterKind = "reset_password"
    withdraw(db, user.id, (kind,), within)
    if user.email_confirmed:
        nameless = {"user_id": None, "address_key": address_key(user.email), "kind": kind}
        db.mail_orders.delete_many(nameless, session=within)
