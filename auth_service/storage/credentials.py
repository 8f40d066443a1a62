"""What proves who somebody is, as far as letters have to do with it: the confirmed address, the password."""

from __future__ import annotations

from datetime import datetime

from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from auth_service.domain import EmailTaken, LetterKind, MailLink, address_key
from auth_service.ports import Told
from auth_service.storage.telling import tell
from auth_service.storage.together import together
from service_kit.mongo import MongoDocument


class MongoCredentials:
    """ports.Credentials"""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._db = db

    def link(self, hash: str, kind: LetterKind, now: datetime) -> MailLink | None:
        found = self._db.mail_links.find_one({"_id": hash, "kind": kind, "expires_at": {"$gt": now}})
        if found is None:
            return None
        return MailLink(hash, found["kind"], found["user_id"], found["address"], found["expires_at"])

    def confirm_email(self, link: MailLink, told: Told) -> bool:
        done = False

        def write(session: ClientSession) -> None:
            nonlocal done
            whose = {"_id": link.user_id, "email": link.address}
            confirmed = {"$set": {"confirmed_email": address_key(link.address)}}
            done = (
                self._use(link, told.act.at, session)
                and self._db.users.update_one(whose, confirmed, session=session).matched_count == 1
            )
            if done:
                tell(self._db, told, session)

        try:
            together(self._db, write)
        except DuplicateKeyError:
            raise EmailTaken from None
        return done

    def _use(self, link: MailLink, now: datetime, session: ClientSession) -> bool:
        """Whether the link was there to be used; its siblings go with it, and the orders that would make more."""
        query = {"_id": link.hash, "expires_at": {"$gt": now}}
        if self._db.mail_links.delete_one(query, session=session).deleted_count == 0:
            return False
        self._withdraw(link.user_id, link.kind, session)
        return True

    def _withdraw(self, user_id: str, kind: LetterKind, session: ClientSession) -> None:
        for collection in (self._db.mail_links, self._db.mail_orders):
            collection.delete_many({"user_id": user_id, "kind": kind}, session=session)
