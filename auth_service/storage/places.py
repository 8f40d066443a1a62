"""Where people have logged in before, so that only another place is worth a warning (docs/decisions/0038)."""

from __future__ import annotations

from hashlib import sha256

from pymongo.client_session import ClientSession
from pymongo.database import Database

from auth_service.domain import Session
from service_kit.client_address import site_of
from service_kit.mongo import MongoDocument


def note(db: Database[MongoDocument], session: Session, within: ClientSession) -> bool:
    """Remember where the session was opened; return whether its user had opened one from there before."""
    place = "\n".join((session.user_id, session.device, site_of(session.address)))
    seen = {"$set": {"user_id": session.user_id, "seen_at": session.created_at}}
    where = {"_id": sha256(place.encode()).hexdigest()}
    return db.places.update_one(where, seen, upsert=True, session=within).matched_count == 1


def forget(db: Database[MongoDocument], user_id: str, within: ClientSession) -> None:
    """Whoever was there may not have been the owner; or the owner leaves."""
    db.places.delete_many({"user_id": user_id}, session=within)
