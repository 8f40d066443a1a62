"""People."""

from __future__ import annotations

from collections.abc import Callable

from pymongo import ASCENDING, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.database import Database

from auth_service.domain import (
    Act,
    LastAdmin,
    MailOrder,
    Session,
    User,
    UserChanged,
    UsernameTaken,
    address_key,
)
from auth_service.ports import OutgoingEvent, Told
from auth_service.storage import places
from auth_service.storage.audit import append
from auth_service.storage.forgetting import forget
from auth_service.storage.outbox import event_document
from auth_service.storage.sessions import end_all
from auth_service.storage.telling import tell
from auth_service.storage.together import together
from auth_service.storage.unique import refused_as
from auth_service.storage.user_document import user_document, user_of
from service_kit.mongo import MongoDocument

LAST_CHARACTER = chr(0x10FFFF)


class MongoUsers:
    """ports.Users"""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._db = db

    def add(self, user: User, event: OutgoingEvent, act: Act, order: MailOrder | None = None) -> None:
        """The user and what is told in one transaction: there is never one without the other."""

        def write(session: ClientSession) -> None:
            self._db.users.insert_one(user_document(user), session=session)
            tell(self._db, Told(act, event, (order,) if order else ()), session)

        with refused_as(UsernameTaken, "username"):
            together(self._db, write)

    def add_role(self, user_id: str, role: str, told: Callable[[User], Told]) -> User | None:
        def write(session: ClientSession) -> User | None:
            after = _user(
                self._db.users.find_one_and_update(
                    {"_id": user_id},
                    {"$addToSet": {"roles": role}},
                    return_document=ReturnDocument.AFTER,
                    session=session,
                )
            )
            if after is not None:
                tell(self._db, told(after), session)
            return after

        return together(self._db, write)

    def search(self, text: str, limit: int, after: str = "") -> list[User]:
        query = {"$and": [_matching(text), {"username": {"$gt": after}}]}
        found = self._db.users.find(query).sort("username", ASCENDING).limit(limit)
        return [user for user in map(_user, found) if user is not None]

    def change(
        self, before: User, after: User, event: OutgoingEvent, act: Act, *, ends_sessions: bool = False
    ) -> list[Session]:
        def write(within: ClientSession) -> list[Session]:
            query = {"_id": before.id, **_changeable(before)}
            if self._db.users.update_one(query, {"$set": _changeable(after)}, session=within).matched_count == 0:
                raise UserChanged
            if before.may_administer and not after.may_administer:
                self._another_administers(before.id, within)
            ended = end_all(self._db, before.id, act.at, None, within) if ends_sessions else []
            if after.lock is not None:
                places.forget(self._db, before.id, within)
            self._db.outbox.insert_one(event_document(event, act.at), session=within)
            append(self._db, act, within)
            return ended

        return together(self._db, write)

    def close(self, before: User, closed: User, event: OutgoingEvent, act: Act) -> list[Session]:
        remaining = user_document(closed)

        def write(within: ClientSession) -> list[Session]:
            query = {"_id": before.id, **_changeable(before)}
            if self._db.users.replace_one(query, remaining, session=within).matched_count == 0:
                raise UserChanged
            if before.may_administer:
                self._another_administers(before.id, within)
            ended = end_all(self._db, before.id, act.at, None, within)
            forget(self._db, before.id, within)
            self._db.outbox.insert_one(event_document(event, act.at), session=within)
            append(self._db, act, within)
            return ended

        return together(self._db, write)

    def _another_administers(self, user_id: str, within: ClientSession) -> None:
        """Somebody who stays one is written to, so that two who would remove each other at once conflict."""
        other = {"roles": "admin", "lock": None, "_id": {"$ne": user_id}}
        if self._db.users.find_one_and_update(other, {"$inc": {"witnessed": 1}}, session=within) is None:
            raise LastAdmin

    def by_username(self, username: str) -> User | None:
        return _user(self._db.users.find_one({"username": username}))

    def by_id(self, user_id: str) -> User | None:
        return _user(self._db.users.find_one({"_id": user_id}))

    def by_confirmed_email(self, address: str) -> User | None:
        return _user(self._db.users.find_one({"confirmed_email": address_key(address)}))

    def replace_password_hash(self, user_id: str, old: str, new: str) -> bool:
        known = {"_id": user_id, "password_hash": old}
        return self._db.users.update_one(known, {"$set": {"password_hash": new}}).modified_count == 1

    def with_role(self, role: str) -> User | None:
        return _user(self._db.users.find_one({"roles": role}))


def _changeable(user: User) -> MongoDocument:
    return {
        "roles": list(user.roles),
        "lock": vars(user.lock) if user.lock else None,
        "closed_at": user.closed_at,
    }


def _matching(text: str) -> MongoDocument:
    """An address is looked for whole (by the index of those that are confirmed, too), a name by how it begins."""
    if "@" in text:
        return {"$or": [{"confirmed_email": address_key(text)}, {"email": text}]}
    # As a range: a regular expression may not hold every character that somebody may type.
    begins = {"$gte": text.lower(), "$lt": f"{text.lower()}{LAST_CHARACTER}"}
    return {"$or": [{"_id": text}, {"username": begins}]}


def _user(document: MongoDocument | None) -> User | None:
    return None if document is None else user_of(document)
