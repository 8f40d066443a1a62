"""What goes when a person closes their account. A collection that says something of people belongs in here."""

from __future__ import annotations

from pymongo.client_session import ClientSession
from pymongo.database import Database

from auth_service.storage import places
from auth_service.storage.audit import of_user
from service_kit.mongo import MongoDocument


def forget(db: Database[MongoDocument], user_id: str, within: ClientSession) -> None:
    """Remove addresses, devices, the second factor, letters and links, in the transaction that closes the account.

    The audit log's entries stay, and stay whole: they have hashes of addresses and devices, whose salt goes here.
    """
    sessions = [found["_id"] for found in db.sessions.find({"user_id": user_id}, {"_id": 1}, session=within)]
    db.refresh_tokens.delete_many({"session_id": {"$in": sessions}}, session=within)
    nowhere = {"$set": {"device": "", "address": ""}}
    db.sessions.update_many({"user_id": user_id}, nowhere, session=within)
    db.audit_whence.delete_many(of_user(user_id), session=within)
    places.forget(db, user_id, within)
    db.second_factors.delete_one({"_id": user_id}, session=within)
    for letters in (db.mail_orders, db.mail_links):
        letters.delete_many({"user_id": user_id}, session=within)
