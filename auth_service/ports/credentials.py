"""What a person proves themselves by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from auth_service.domain import Act, EmailChange, LetterKind, MailLink, NewPassword, Session, User
from auth_service.domain.attempts import Budget, Refusal
from auth_service.domain.second_factor import SecondFactor
from auth_service.ports.told import OutgoingEvent, Told


class Credentials(Protocol):
    """What proves who somebody is, as far as letters have to do with it."""

    def link(self, hash: str, kind: LetterKind, now: datetime) -> MailLink | None:
        """The link whose token has this hash, if it is still good."""

    def confirm_email(self, link: MailLink, at: datetime, told: Callable[[User], Told]) -> list[Session] | None:
        """Use the link and make its address the user's, with what is told of the user as they are then: all or nothing.

        All other links and orders of its kind for the user end, and so does a wish for another address: it came from
        before anybody was asked. Returns the sessions that were a newcomer's and aren't any more. None where the link
        is used up, or the user has another address by now. Raises EmailTaken.
        """

    def change_password(self, change: NewPassword, at: datetime, told: Callable[[User], Told]) -> list[Session] | None:
        """Replace it, end the user's sessions and all links to reset it: all or nothing. Returns what ended.

        A wish for another address and the notes of devices end too: whoever knew the old password may have them.
        `told` gives what is told of the user as they are then. None, and nothing done, where the link is used up, or
        the password isn't the old one any more.
        """


class EmailChanges(Protocol):
    """Changes of address, from the wish to the second yes."""

    def put(self, user: User, change: EmailChange | None, told: Told) -> None:
        """The user's present wish, in place of another; None withdraws it. All links about the address end.

        Raises UserChanged where the address, whether it is confirmed, or the password isn't that of `user` any more.
        """

    def agree(
        self, link: MailLink, at: datetime, told: Callable[[User, User], Told]
    ) -> tuple[User, list[Session]] | None:
        """Use the link of a change; with the second yes the address changes. All or nothing.

        `told` gives what is told of the user as they were and as they are. Returns the user, and the sessions that
        were a newcomer's. None where the link is used up or its change doesn't count any more. Raises EmailTaken.
        """


class SecondFactors(Protocol):
    """One a person, at most. Each change is kept with its event and its act, or not at all."""

    def of(self, user_id: str) -> SecondFactor | None:
        """Also one that isn't confirmed yet."""

    def begin(self, factor: SecondFactor) -> None:
        """In place of one that was never confirmed. Raises SecondFactorInPlace."""

    def confirm(
        self,
        factor: SecondFactor,
        step: int,
        recovery_hashes: Sequence[str],
        session_id: str,
        event: OutgoingEvent,
        act: Act,
    ) -> list[Session] | None:
        """It counts from now on, in the session `session_id` it is proven, and what the password alone has brought
        ends: the user's other sessions, which are returned, and the notes of devices.

        None where it is confirmed already, or was begun anew with another key. Raises TokenRevoked where that session
        has ended.
        """

    def use_step(self, user_id: str, step: int) -> bool:
        """Of several at once with the same code one succeeds; False for a step that isn't later than the last one."""

    def use_recovery(self, user_id: str, recovery_hash: str, event: OutgoingEvent, act: Act) -> bool:
        """Of several at once one succeeds; False where the code is unknown or used up."""

    def replace_recovery(self, user_id: str, recovery_hashes: Sequence[str], event: OutgoingEvent, act: Act) -> bool:
        """False where there is no factor."""

    def remove(self, user_id: str, event: OutgoingEvent, act: Act) -> bool:
        """False where there was none. The user's sessions forget that it was proven in them."""


class Passwords(Protocol):
    """Slow hashes, a bounded number at once."""

    def a_try(self) -> AbstractContextManager[None]:
        """A place for the whole of a try of somebody's password, with what is looked up and noted for it.

        Raises TooManyHashes where there is none.
        """

    def hash(self, password: str) -> str: ...

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Takes as long for None (nobody by that name) as for a hash."""

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than today's."""


class Attempts(Protocol):
    """How often was tried what may not be tried at will."""

    def take(self, budgets: Sequence[Budget], now_ms: int) -> Refusal | None:
        """Count a try of all of them, or of none and tell when it would be let through. Of several at once each counts.

        What was counted stays counted when Redis is emptied or away; raises PyMongoError.
        """

    def forget(self, budget: Budget) -> None:
        """It begins anew."""
