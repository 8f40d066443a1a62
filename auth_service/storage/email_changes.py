"""Changes of address, from the wish to the second yes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pymongo.client_session import ClientSession
from pymongo.database import Database

from auth_service.domain import (
    EMAIL_CHANGE_LETTERS,
    EmailChange,
    EmailTaken,
    MailLink,
    Session,
    User,
    UserChanged,
    address_key,
    after_yes,
)
from auth_service.ports import Told
from auth_service.storage.sessions import without_role
from auth_service.storage.telling import tell
from auth_service.storage.together import together
from auth_service.storage.unique import refused_as
from auth_service.storage.used_links import use, withdraw, withdraw_resets
from auth_service.storage.user_document import user_of
from contracts.access_token import NEWCOMER
from service_kit.mongo import MongoDocument


class MongoEmailChanges:
    """ports.EmailChanges"""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._db = db

    def put(self, user: User, change: EmailChange | None, told: Told) -> None:
        def write(session: ClientSession) -> None:
            present = {"$set": {"email_change": vars(change) if change else None}}
            if self._db.users.update_one(_as_read(user), present, session=session).matched_count == 0:
                raise UserChanged
            self._end_links(user, session)
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
        withdraw(self._db, user.id, ("confirm_email", *EMAIL_CHANGE_LETTERS), session)
        withdraw_resets(self._db, user, session)


def _as_read(user: User) -> MongoDocument:
    """Matches the user while all is so still on which the wish was judged: whom to ask, and who it was that asked."""
    confirmed = address_key(user.email) if user.email_confirmed else {"$exists": False}
    own = {"email": user.email, "confirmed_email": confirmed, "password_hash": user.password_hash}
    return {"_id": user.id, **own, "closed_at": None}
