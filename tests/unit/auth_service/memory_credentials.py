"""What proves who somebody is, in memory; trusted because it passes the suite of the real store (tests/integration)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from auth_service.domain import (
    EMAIL_CHANGE_LETTERS,
    EmailChange,
    EmailTaken,
    LetterKind,
    MailLink,
    NewPassword,
    Session,
    User,
    UserChanged,
    after_yes,
)
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
        self.users, self.sessions, self.mail = users, sessions, mail
        self._outbox, self._trail = outbox, trail
        sessions.user_of = users.by_id

    def link(self, hash: str, kind: LetterKind, now: datetime) -> MailLink | None:
        found = self.mail.links.get(hash)
        return found if found is not None and found.kind == kind and found.expires_at > now else None

    def confirm_email(self, link: MailLink, at: datetime, told: Callable[[User], Told]) -> list[Session] | None:
        user = self.users.by_id(link.user_id)
        if self.link(link.hash, link.kind, at) is None or user is None or user.email != link.address:
            return None
        owner = self.users.by_confirmed_email(link.address)
        if owner is not None and owner.id != user.id:
            raise EmailTaken
        self.mail.withdraw(link.user_id, link.kind, *EMAIL_CHANGE_LETTERS)
        after = replace(user, email_confirmed=True, email_change=None)
        self.users.put(after)
        self.tell(told(after))
        return self.sessions.without_role(user.id, NEWCOMER)

    def change_password(self, change: NewPassword, at: datetime, told: Callable[[User], Told]) -> list[Session] | None:
        user, link = self.users.by_id(change.user_id), change.link
        if link is not None and self.link(link.hash, link.kind, at) is None:
            return None
        if user is None or change.old_hash not in (None, user.password_hash):
            return None
        if link is not None and (user.email, user.email_confirmed) != (link.address, True):
            return None
        chosen = replace(user, password_hash=change.new_hash, password_is_generated=False)
        after = replace(chosen, notes_from=at, email_change=None)
        self.users.put(after)
        self.mail.withdraw_resets(user)
        self.mail.withdraw(user.id, *EMAIL_CHANGE_LETTERS)
        if link is not None:
            self.sessions.forget_places(user.id)
        self.tell(told(after))
        if change.new_session is None:
            return self.sessions.end_open(user.id, at, change.kept_session)
        self.sessions.move(change.kept_session, change.new_session, change.new_cookie_hash)
        return self.sessions.end_open(user.id, at, change.new_session)

    def tell(self, told: Told) -> None:
        self._trail.append(told.act)
        if told.event is not None:
            self._outbox.write(told.event, told.act.at)
        for order in told.orders:
            self.mail.add(order)


class MemoryEmailChanges:
    def __init__(self, users: MemoryUsers, credentials: MemoryCredentials) -> None:
        self._users, self._credentials = users, credentials

    def put(self, user: User, change: EmailChange | None, told: Told) -> None:
        now = self._users.by_id(user.id)
        if now is None or now.closed_at is not None or _judged(now) != _judged(user):
            raise UserChanged
        self._end_links(user)
        self._users.put(replace(now, email_change=change))
        self._credentials.tell(told)

    def agree(
        self, link: MailLink, at: datetime, told: Callable[[User, User], Told]
    ) -> tuple[User, list[Session]] | None:
        before = self._users.by_id(link.user_id)
        after = after_yes(before, link, at) if before else None
        if before is None or after is None or self._credentials.link(link.hash, link.kind, at) is None:
            return None
        owner = self._users.by_confirmed_email(after.email)
        if owner is not None and owner.id != after.id:
            raise EmailTaken
        self._credentials.mail.withdraw(link.user_id, link.kind)
        if after.email_change is None:
            self._end_links(before)
        self._users.put(after)
        self._credentials.tell(told(before, after))
        changed = after.email_change is None
        return after, self._credentials.sessions.without_role(after.id, NEWCOMER) if changed else []

    def _end_links(self, user: User) -> None:
        self._credentials.mail.withdraw(user.id, "confirm_email", *EMAIL_CHANGE_LETTERS)
        self._credentials.mail.withdraw_resets(user)


def _judged(user: User) -> tuple[str, bool, str]:
    return user.email, user.email_confirmed, user.password_hash
