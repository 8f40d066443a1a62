"""What proves who somebody is, in memory; trusted because it passes the suite of the real store (tests/integration)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from auth_service.domain import EmailTaken, LetterKind, MailLink, NewPassword, Session
from auth_service.ports import Told
from contracts.access_token import NEWCOMER
from tests.unit.auth_service.memory import MemoryOutbox, MemorySessions, MemoryTrail, MemoryUsers
from tests.unit.auth_service.memory_mail import MemoryMail


class MemoryCredentials:
    def __init__(
        self,
        users: MemoryUsers,
        sessions: MemorySessions,
        outbox: MemoryOutbox,
        trail: MemoryTrail,
        mail: MemoryMail,
    ) -> None:
        self._users, self._sessions, self._mail = users, sessions, mail
        self._outbox, self._trail = outbox, trail

    def link(self, hash: str, kind: LetterKind, now: datetime) -> MailLink | None:
        found = self._mail.links.get(hash)
        return found if found is not None and found.kind == kind and found.expires_at > now else None

    def confirm_email(self, link: MailLink, told: Told) -> list[Session] | None:
        user = self._users.by_id(link.user_id)
        if self.link(link.hash, link.kind, told.act.at) is None or user is None or user.email != link.address:
            return None
        owner = self._users.by_confirmed_email(link.address)
        if owner is not None and owner.id != user.id:
            raise EmailTaken
        self._mail.withdraw(link.user_id, link.address, link.kind)
        self._users.put(replace(user, email_confirmed=True))
        self._tell(told)
        return self._sessions.without_role(user.id, NEWCOMER)

    def change_password(self, change: NewPassword, told: Told) -> list[Session] | None:
        user, link = self._users.by_id(change.user_id), change.link
        if link is not None and self.link(link.hash, link.kind, told.act.at) is None:
            return None
        if user is None or change.old_hash not in (None, user.password_hash):
            return None
        self._users.put(replace(user, password_hash=change.new_hash))
        self._mail.withdraw(user.id, user.email, "reset_password")
        self._tell(told)
        return self._sessions.end_open(user.id, told.act.at, change.kept_session)

    def _tell(self, told: Told) -> None:
        self._trail.append(told.act)
        self._outbox.events[told.event.id] = told.event
        self._outbox.written_at[told.event.id] = told.act.at
        for order in told.orders:
            self._mail.add(order)
