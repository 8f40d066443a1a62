"""What auth needs of the world, by what it does; `storage`, `redis_cache` and `passwords` fill it in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from auth_service.domain import (
    Act,
    Client,
    EmailChange,
    Exchange,
    LetterKind,
    MailLink,
    MailOrder,
    NewPassword,
    Recorded,
    RefreshToken,
    Session,
    StoredKey,
    User,
    Whence,
)
from auth_service.domain.attempts import Budget, Refusal
from auth_service.domain.second_factor import SecondFactor
from contracts.session import SessionEntry


@dataclass(frozen=True)
class OutgoingEvent:
    """A fact on its way to Kafka: written with what it tells of, published by the relay."""

    id: str
    topic: str
    key: str
    data: dict[str, Any]
    traceparent: str | None


@dataclass(frozen=True)
class Told:
    """What is written beside a change, in its transaction: its entry in the audit log, its event, its letters."""

    act: Act
    event: OutgoingEvent | None = None
    orders: tuple[MailOrder, ...] = ()


@dataclass(frozen=True)
class SigningKey:
    """The key that signs now."""

    kid: str
    private: RSAPrivateKey


class Users(Protocol):
    """People."""

    def add(self, user: User, event: OutgoingEvent, act: Act, order: MailOrder | None = None) -> None:
        """Keep all or nothing. Raises UsernameTaken."""

    def by_username(self, username: str) -> User | None: ...

    def by_id(self, user_id: str) -> User | None: ...

    def by_confirmed_email(self, address: str) -> User | None:
        """Whose the address is, whatever its capitals."""

    def replace_password_hash(self, user_id: str, old: str, new: str) -> None:
        """Only if it still is `old`: a change of password in between must win."""

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


class MailOrders(Protocol):
    """Letters that are due."""

    def add(self, order: MailOrder) -> None:
        """One that goes with no other change."""

    def take(self, now: datetime, put_off_until: datetime) -> MailOrder | None:
        """The one that has been due for longest, notices first; it isn't due again before `put_off_until`."""

    def put_off(self, order: MailOrder, until: datetime) -> None:
        """It couldn't be sent; unless another has taken it since, it is due again then."""

    def link(self, order: MailOrder, link: MailLink) -> bool:
        """Keep the link; False, and nothing kept, where the order was withdrawn or taken by another."""

    def remove(self, order: MailOrder) -> None:
        """It won't be sent."""

    def sent(self, order: MailOrder, kind: LetterKind, at: datetime) -> None:
        """It has been sent, as a letter of `kind`."""

    def sent_since(self, address: str, kind: LetterKind, moment: datetime) -> int:
        """How many letters of `kind` have gone to the address after `moment`."""


class Credentials(Protocol):
    """What proves who somebody is, as far as letters have to do with it."""

    def link(self, hash: str, kind: LetterKind, now: datetime) -> MailLink | None:
        """The link whose token has this hash, if it is still good."""

    def confirm_email(self, link: MailLink, at: datetime, told: Callable[[User], Told]) -> list[Session] | None:
        """Use the link and make its address the user's, with what is told of the user as they are then: all or nothing.

        All other links and orders of its kind for the user end. Returns the sessions that were a newcomer's and
        aren't any more. None where the link is used up, or the user has another address by now. Raises EmailTaken.
        """

    def change_password(self, change: NewPassword, at: datetime, told: Callable[[User], Told]) -> list[Session] | None:
        """Replace it, end the user's sessions and all links to reset it: all or nothing. Returns what ended.

        `told` gives what is told of the user as they are then. None, and nothing done, where the link is used up, or
        the password isn't the old one any more.
        """


class EmailChanges(Protocol):
    """Changes of address, from the wish to the second yes."""

    def put(self, user: User, change: EmailChange | None, told: Told) -> None:
        """The user's present wish, in place of another; None withdraws it. All links about the address end."""

    def agree(
        self, link: MailLink, at: datetime, told: Callable[[User, User], Told]
    ) -> tuple[User, list[Session]] | None:
        """Use the link of a change; with the second yes the address changes. All or nothing.

        `told` gives what is told of the user as they were and as they are. Returns the user, and the sessions that
        were a newcomer's. None where the link is used up or its change doesn't count any more. Raises EmailTaken.
        """


class Sessions(Protocol):
    """The truth about sessions. What is done to one is kept with its entry in the audit log, both or neither."""

    def add(self, session: Session, told: Callable[[User], Told], password_hash: str | None = None) -> bool:
        """Keep it with what is told of it and the user as they are then, all or nothing; return whether.

        It isn't kept for nobody, nor where the user's password is another by now than the one of `password_hash`.
        Raises UserChanged where the user was locked, or has lost a role, since the session was made.
        """

    def seen_from(self, user_id: str, whence: Whence) -> bool:
        """Whether a session of the user's that is still on record was opened from there."""

    def by_id(self, session_id: str) -> Session | None: ...

    def by_cookie_hash(self, cookie_hash: str) -> Session | None: ...

    def seen(self, session: Session, at: datetime) -> None:
        """Somebody used it."""

    def end(self, session_id: str, act: Act, event: OutgoingEvent | None = None) -> bool:
        """Return whether it was open until now; ended for good either way, told (by `event` too) only if it was."""

    def step_up(self, session_id: str, act: Act) -> bool:
        """The person has proven their second factor in it at the act's moment; False where it has ended."""

    def end_all(self, user_id: str, act: Act, keep: str | None = None) -> list[Session]:
        """End the user's open sessions, all but `keep`; return which were, and tell if there were any."""

    def open_of(self, user_id: str, now: datetime) -> list[Session]:
        """The user's open sessions, 100 at most: of browsers, then of API clients, each the latest first."""

    def ended_since(self, moment: datetime) -> list[str]:
        """The ids of those that ended at `moment` or later."""


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


class RefreshTokens(Protocol):
    """Every refresh token of every session that may still last, also those that are used up."""

    def add(self, token: RefreshToken, until: datetime) -> None:
        """The first of a session that lasts no longer than `until`."""

    def by_hash(self, token_hash: str) -> RefreshToken | None: ...

    def exchange(self, token: RefreshToken, exchange: Exchange, session: Session) -> bool:
        """Keep that `token` was given for its successor, the successor, and that the session was used: all or nothing.

        Of several at once one succeeds; False where it was exchanged before, or its session has ended.
        """


class Clients(Protocol):
    """Services with credentials."""

    def by_id(self, client_id: str) -> Client | None: ...

    def put(self, client: Client) -> None: ...


class SigningKeys(Protocol):
    """The keys of the access tokens."""

    def current(self) -> SigningKey:
        """Raises NoSigningKey before set-up."""

    def public(self) -> dict[str, RSAPublicKey]:
        """By key id: all that a living token may have been signed with."""


class SealedKeys(Protocol):
    """The signing keys as they are kept: encrypted."""

    def all(self) -> list[StoredKey]: ...

    def add(self, key: StoredKey) -> bool:
        """False, and nothing is kept, where another follows the same key."""

    def remove(self, kids: Iterable[str]) -> None: ...


class SessionCache(Protocol):
    """Where other services look first. It may be away: nothing here raises, since nothing here is the truth."""

    def put(self, cookie_hash: str, entry: SessionEntry, seconds: int) -> None: ...

    def drop(self, cookie_hashes: Iterable[str]) -> None: ...

    def announce_ended(self, session_ids: list[str]) -> bool:
        """Tell every process now; return whether it could be said. The heartbeat repeats it."""


class SecondFactors(Protocol):
    """One a person, at most. Each change is kept with its event and its act, or not at all."""

    def of(self, user_id: str) -> SecondFactor | None:
        """Also one that isn't confirmed yet."""

    def begin(self, factor: SecondFactor) -> None:
        """In place of one that was never confirmed. Raises SecondFactorInPlace."""

    def confirm(
        self, factor: SecondFactor, step: int, recovery_hashes: Sequence[str], event: OutgoingEvent, act: Act
    ) -> bool:
        """False where it is confirmed already, or was begun anew with another key."""

    def use_step(self, user_id: str, step: int) -> bool:
        """Of several at once with the same code one succeeds; False for a step that isn't later than the last one."""

    def use_recovery(self, user_id: str, recovery_hash: str, event: OutgoingEvent, act: Act) -> bool:
        """Of several at once one succeeds; False where the code is unknown or used up."""

    def replace_recovery(self, user_id: str, recovery_hashes: Sequence[str], event: OutgoingEvent, act: Act) -> bool:
        """False where there is no factor."""

    def remove(self, user_id: str, event: OutgoingEvent, act: Act) -> bool:
        """False where there was none. The user's sessions forget that it was proven in them."""


class Attempts(Protocol):
    """How often was tried what may not be tried at will."""

    def take(self, budgets: Sequence[Budget], now_ms: int) -> Refusal | None:
        """Count a try of all of them, or of none and tell when it would be let through. Of several at once each counts.

        What was counted stays counted when Redis is emptied or away; raises PyMongoError.
        """

    def forget(self, budget: Budget) -> None:
        """It begins anew."""


class Passwords(Protocol):
    """Slow hashes, a bounded number at once."""

    def refuse_if_full(self) -> None:
        """Raise now what `verify` would raise at once, before anything else is looked up."""

    def hash(self, password: str) -> str: ...

    def verify(self, password: str, password_hash: str | None) -> bool:
        """Takes as long for None (nobody by that name) as for a hash."""

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than today's."""
