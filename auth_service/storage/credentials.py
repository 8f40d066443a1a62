"""What proves who somebody is, as far as letters have to do with it: the confirmed address, the password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.database import Database

from auth_service.domain import (
    EMAIL_CHANGE_LETTERS,
    EmailTaken,
    LetterKind,
    MailLink,
    NewPassword,
    Session,
    User,
    address_key,
)
from auth_service.ports import Told
from auth_service.storage import places
from auth_service.storage.sessions import end_all, without_role
from auth_service.storage.telling import tell
from auth_service.storage.together import together
from auth_service.storage.unique import refused_as
from auth_service.storage.used_links import use, withdraw, withdraw_resets
from auth_service.storage.user_document import user_of
from contracts.access_token import NEWCOMER
from service_kit.mongo import MongoDocument


class MongoCredentials:
    """ports.Credentials"""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._db = db

    def link(self, hash: str, kind: LetterKind, now: datetime) -> MailLink | None:
        found = self._db.mail_links.find_one({"_id": hash, "kind": kind, "expires_at": {"$gt": now}})
        if found is None:
            return None
        return MailLink(hash, kind, found["user_id"], found["address"], found["expires_at"], found["about"])

    def confirm_email(self, link: MailLink, at: datetime, told: Callable[[User], Told]) -> list[Session] | None:
        with refused_as(EmailTaken, "confirmed_email"):
            return together(self._db, lambda session: self._confirm(link, at, told, session))

    def _confirm(
        self, link: MailLink, at: datetime, told: Callable[[User], Told], session: ClientSession
    ) -> list[Session] | None:
        whose = {"_id": link.user_id, "email": link.address}
        confirmed = {"$set": {"confirmed_email": address_key(link.address), "email_change": None}}
        if not use(self._db, link, at, session):
            return None
        after = self._db.users.find_one_and_update(
            whose, confirmed, return_document=ReturnDocument.AFTER, session=session
        )
        if after is None:
            return None
        withdraw(self._db, link.user_id, EMAIL_CHANGE_LETTERS, session)
        tell(self._db, told(user_of(after)), session)
        return without_role(self._db, link.user_id, NEWCOMER, session)

    def change_password(self, change: NewPassword, at: datetime, told: Callable[[User], Told]) -> list[Session] | None:
        return together(self._db, lambda session: self._replace(change, at, told, session))

    def _replace(
        self, change: NewPassword, at: datetime, told: Callable[[User], Told], session: ClientSession
    ) -> list[Session] | None:
        if change.link is not None and not use(self._db, change.link, at, session):
            return None
        whose: MongoDocument = {"_id": change.user_id}
        if change.old_hash is not None:
            whose["password_hash"] = change.old_hash
        new: MongoDocument = {"password_hash": change.new_hash, "notes_from": at, "email_change": None}
        if change.link is not None:  # the address may have become another since it was looked at
            whose |= {"email": change.link.address, "confirmed_email": address_key(change.link.address)}
        changed = {"$set": new, "$unset": {"password_is_generated": ""}}
        found = self._db.users.find_one_and_update(
            whose, changed, return_document=ReturnDocument.AFTER, session=session
        )
        if found is None:
            return None
        after = user_of(found)
        withdraw_resets(self._db, after, session)
        withdraw(self._db, after.id, EMAIL_CHANGE_LETTERS, session)
        if change.link is not None:
            places.forget(self._db, after.id, session)
        tell(self._db, told(after), session)
        kept = change.kept_session if change.new_session is None else self._moved(change, session)
        return end_all(self._db, after.id, at, kept, session)

    def _moved(self, change: NewPassword, session: ClientSession) -> str | None:
        """The kept session once more, under its new id; return that. What it was so far ends with the others."""
        kept = {"_id": change.kept_session, "user_id": change.user_id, "door": "browser", "ended_at": None}
        found = self._db.sessions.find_one(kept, session=session)
        if found is not None:
            moved = {**found, "_id": change.new_session, "cookie_hash": change.new_cookie_hash}
            self._db.sessions.insert_one(moved, session=session)
        return change.new_session
