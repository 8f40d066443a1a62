"""Changes of address, from the wish to the second yes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pymongo.client_session import ClientSession
from pymongo.database import Database

from auth_service.domain import EmailChange, EmailTaken, MailLink, Session, User, address_key, after_yes
from auth_service.ports import Told
from auth_service.storage.sessions import without_role
from auth_service.storage.telling import tell
from auth_service.storage.together import together
from auth_service.storage.unique import refused_as
from auth_service.storage.used_links import use, withdraw
from auth_service.storage.user_document import user_of
from contracts.access_token import NEWCOMER
from service_kit.mongo import MongoDocument


class MongoEmailChanges:
    """ports.EmailChanges"""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._db = db

    def put(self, user: User, change: EmailChange | None, told: Told) -> None:
        def write(session: ClientSession) -> None:
            self._end_links(user, session)
            present = {"$set": {"email_change": vars(change) if change else None}}
            self._db.users.update_one({"_id": user.id}, present, session=session)
            tell(self._db, told, session)

        together(self._db, write)

    def agree(
        self, link: MailLink, at: datetime, told: Callable[[User, User], Told]
    ) -> tuple[User, list[Session]] | None:
        with refused_as(EmailTaken, "confirmed_email"):
            return together(self._db, lambda session: self._agree(link, at, told, session))

    def _agree(
        self, link: MailLink, at: datetime, told: Callable[[User, User], Told], session: ClientSession
    ) -> tuple[User, list[Session]] | None:
        found = self._db.users.find_one({"_id": link.user_id}, session=session)
        if found is None:
            return None
        before = user_of(found)
        after = after_yes(before, link, at)
        if after is None or not use(self._db, link, at, session):
            return None
        if after.email_change is not None:
            present = {"$set": {"email_change": vars(after.email_change)}}
            self._db.users.update_one({"_id": after.id}, present, session=session)
            tell(self._db, told(before, after), session)
            return after, []
        self._end_links(before, session)
        new = {"email": after.email, "confirmed_email": address_key(after.email), "email_change": None}
        self._db.users.update_one({"_id": after.id}, {"$set": new}, session=session)
        tell(self._db, told(before, after), session)
        return after, without_role(self._db, after.id, NEWCOMER, session)

    def _end_links(self, user: User, session: ClientSession) -> None:
        """All that was mailed about the address as it was."""
        for kind in ("confirm_email", "reset_password", "confirm_new_email", "approve_new_email"):
            withdraw(self._db, user.id, user.email, kind, session)
