"""People."""

from __future__ import annotations

from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from auth_service.domain import Act, EmailChange, MailOrder, User, UsernameTaken, address_key
from auth_service.ports import OutgoingEvent, Told
from auth_service.storage.audit import append
from auth_service.storage.outbox import event_document
from auth_service.storage.telling import tell
from auth_service.storage.together import together
from service_kit.mongo import MongoDocument


class MongoUsers:
    """ports.Users"""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._db = db

    def add(self, user: User, event: OutgoingEvent, act: Act, order: MailOrder | None = None) -> None:
        """The user and what is told in one transaction: there is never one without the other."""

        def write(session: ClientSession) -> None:
            self._db.users.insert_one(_user_document(user), session=session)
            tell(self._db, Told(act, event, (order,) if order else ()), session)

        try:
            together(self._db, write)
        except DuplicateKeyError:
            raise UsernameTaken from None

    def add_role(self, user_id: str, role: str, event: OutgoingEvent, act: Act) -> None:
        def write(session: ClientSession) -> None:
            self._db.users.update_one({"_id": user_id}, {"$addToSet": {"roles": role}}, session=session)
            self._db.outbox.insert_one(event_document(event, act.at), session=session)
            append(self._db, act, session)

        together(self._db, write)

    def by_username(self, username: str) -> User | None:
        return _user(self._db.users.find_one({"username": username}))

    def by_id(self, user_id: str) -> User | None:
        return _user(self._db.users.find_one({"_id": user_id}))

    def by_confirmed_email(self, address: str) -> User | None:
        return _user(self._db.users.find_one({"confirmed_email": address_key(address)}))

    def replace_password_hash(self, user_id: str, old: str, new: str) -> None:
        self._db.users.update_one({"_id": user_id, "password_hash": old}, {"$set": {"password_hash": new}})

    def with_role(self, role: str) -> User | None:
        return _user(self._db.users.find_one({"roles": role}))


def user_of(document: MongoDocument) -> User:
    """As it is known outside of the store."""
    fields = {name: document[name] for name in ("username", "email", "origin", "created_at", "password_hash")}
    change = document.get("email_change")
    return User(
        id=document["_id"],
        roles=tuple(document["roles"]),
        email_confirmed="confirmed_email" in document,
        email_change=EmailChange(**change) if change else None,
        **fields,
    )


def _user_document(user: User) -> MongoDocument:
    """`confirmed_email` is there only once the address is confirmed; among those that have it, it is unique."""
    confirmed = {"confirmed_email": address_key(user.email)} if user.email_confirmed else {}
    return {
        "_id": user.id,
        "username": user.username,
        "email": user.email,
        "roles": list(user.roles),
        "origin": user.origin,
        "created_at": user.created_at,
        "password_hash": user.password_hash,
        **confirmed,
    }


def _user(document: MongoDocument | None) -> User | None:
    return None if document is None else user_of(document)
