"""What proves who somebody is, as far as letters have to do with it: the confirmed address, the password."""

from __future__ import annotations

from datetime import datetime

from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from auth_service.domain import EmailTaken, LetterKind, MailLink, NewPassword, Session, address_key
from auth_service.ports import Told
from auth_service.storage.sessions import end_all, without_role
from auth_service.storage.telling import tell
from auth_service.storage.together import together
from auth_service.storage.used_links import use, withdraw
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

    def confirm_email(self, link: MailLink, told: Told) -> list[Session] | None:
        changed: list[Session] | None = None

        def write(session: ClientSession) -> None:
            nonlocal changed
            changed = self._confirm(link, told, session)

        try:
            together(self._db, write)
        except DuplicateKeyError:
            raise EmailTaken from None
        return changed

    def _confirm(self, link: MailLink, told: Told, session: ClientSession) -> list[Session] | None:
        whose = {"_id": link.user_id, "email": link.address}
        confirmed = {"$set": {"confirmed_email": address_key(link.address)}}
        if not use(self._db, link, told.act.at, session):
            return None
        if self._db.users.update_one(whose, confirmed, session=session).matched_count == 0:
            return None
        tell(self._db, told, session)
        return without_role(self._db, link.user_id, NEWCOMER, session)

    def change_password(self, change: NewPassword, told: Told) -> list[Session] | None:
        ended: list[Session] | None = None

        def write(session: ClientSession) -> None:
            nonlocal ended
            ended = self._replace(change, told, session)

        together(self._db, write)
        return ended

    def _replace(self, change: NewPassword, told: Told, session: ClientSession) -> list[Session] | None:
        if change.link is not None and not use(self._db, change.link, told.act.at, session):
            return None
        whose: MongoDocument = {"_id": change.user_id}
        if change.old_hash is not None:
            whose["password_hash"] = change.old_hash
        new: MongoDocument = {"password_hash": change.new_hash}
        if change.link is not None:  # the address may have become another since it was looked at
            whose |= {"email": change.link.address, "confirmed_email": address_key(change.link.address)}
            new["password_reset_at"] = told.act.at
        chosen = {"password_is_generated": ""}
        before = self._db.users.find_one_and_update(whose, {"$set": new, "$unset": chosen}, session=session)
        if before is None:
            return None
        withdraw(self._db, change.user_id, before["email"], "reset_password", session)
        tell(self._db, told, session)
        return end_all(self._db, change.user_id, told.act.at, change.kept_session, session)
