"""Who there is, and what they may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from auth_service.domain import Act, MailOrder, Recorded, Session, User
from auth_service.ports.told import OutgoingEvent, Told


class Users(Protocol):
    """People."""

    def add(self, user: User, event: OutgoingEvent, act: Act, order: MailOrder | None = None) -> None:
        """Keep all or nothing. Raises UsernameTaken."""

    def by_username(self, username: str) -> User | None: ...

    def by_id(self, user_id: str) -> User | None: ...

    def by_confirmed_email(self, address: str) -> User | None:
        """Whose the address is, whatever its capitals."""

    def replace_password_hash(self, user_id: str, old: str, new: str) -> bool:
        """Only if it still is `old`, return whether it was: a change of password in between must win."""

    def with_role(self, role: str) -> User | None:
        """Any one."""

    def search(self, text: str, limit: int, after: str = "") -> list[User]:
        """By the beginning of a user name, a whole e-mail address or an id; by user name, of those after `after`."""

    def change(
        self, before: User, after: User, event: OutgoingEvent, act: Act, *, ends_sessions: bool = False
    ) -> list[Session]:
        """Keep other roles, or that the account is locked or not; with the event and the entry, all or nothing.

        Returns the sessions that ended with it. Raises UserChanged where roles or lock aren't those of `before` any
        more, LastAdmin where nobody would be left who may administer.
        """

    def close(self, before: User, closed: User, event: OutgoingEvent, act: Act) -> list[Session]:
        """Keep `closed` in place of `before`, and forget everything else that says who they were: addresses, devices,
        letters. Returns the sessions that ended with it. Raises UserChanged and LastAdmin, as `change` does."""

    def add_role(self, user_id: str, role: str, told: Callable[[User], Told]) -> User | None:
        """Keep the role with what is told of the user as they are then, or nothing; return them, None for nobody."""


class PaymentAccounts(Protocol):
    """A person's money, which another service keeps."""

    def hold_money(self, user: User, session_id: str) -> bool:
        """Whether anything is on the user's accounts or on its way. Raises PaymentsUnavailable."""


class Trail(Protocol):
    """The audit log. What goes with a change is kept by the store of that change."""

    def append(self, act: Act) -> None:
        """Of an act that changes nothing else."""

    def of(self, user_id: str, limit: int, before: int | None = None) -> list[Recorded]:
        """The user's newest entries, of those with a `seq` below `before` if given; the newest first."""
