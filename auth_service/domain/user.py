"""People: what a handle and an address may be, and what a role allows."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from email_validator import EmailNotValidError, validate_email

from auth_service.domain.email_change import EmailChange
from contracts.access_token import NEWCOMER, USER_SCOPES, Scope
from service_kit.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unauthorized, Unavailable

USERNAME = re.compile(r"[a-z][a-z0-9_.-]{2,31}")
RESERVED_USERNAMES = frozenset({"admin", "administrator", "fintech", "root", "support", "system", "world"})
"""Handles that people would take for the platform itself."""

Origin = Literal["user", "demo", "probe"]
SCOPES_OF_ROLES: dict[str, tuple[str, ...]] = {
    "user": USER_SCOPES,
    NEWCOMER: (),
    "support": (Scope.USERS_READ,),
    "analyst": (Scope.LEDGER_READ,),
    "admin": (Scope.LEDGER_READ, Scope.USERS_READ, Scope.USERS_MANAGE, Scope.DELIVERIES_MANAGE),
}


class UsernameTaken(Conflict):
    """A user name is a public handle, so this may be said."""

    code = "username_taken"
    title = "This user name is taken"


class EmailTaken(Conflict):
    """Another account has confirmed this address. Told only to who reads the mail of the address."""

    code = "email_taken"
    title = "This e-mail address belongs to another account"


class UnknownUser(Exception):
    """An operator named somebody who isn't there. Never told over HTTP, where who exists is nobody's business."""


class InvalidCredentials(Unauthorized):
    """The same for an unknown name and for a wrong password: who exists is never told."""

    code = "invalid_credentials"
    title = "The user name or the password is wrong"
    advice = "Check both."

    def __init__(self, detail: str = "", **extensions: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Basic realm="fintech-app"'}, **extensions)


class TooManyHashes(Unavailable):
    """More people log in at this moment than this process can check in time."""

    code = "busy"
    title = "Too many people are logging in right now"


class AccountLocked(Forbidden):
    """Said only to who gives the right password; everybody else hears what a wrong password hears."""

    code = "account_locked"
    title = "This account is locked"
    advice = "Write to the support."


class UserChanged(Conflict):
    """An account was changed by somebody else at the same moment."""

    code = "user_changed"
    title = "The account has just been changed"
    advice = "Look at it again, then repeat the request."


class UserNotFound(NotFound):
    """Nobody has this id. Said to administrators only."""

    code = "user_not_found"
    title = "Nobody has this id"


class OwnAccount(Forbidden):
    """Administrators neither lock themselves nor take their own role: another one must."""

    code = "own_account"
    title = "This can't be done to one's own account"


class LastAdmin(Conflict):
    """Without an administrator nobody could make another one."""

    code = "last_admin"
    title = "There must be another administrator"


class AccountClosed(Conflict):
    """Its owner has closed it, for good."""

    code = "account_closed"
    title = "This account is closed"


class MoneyLeft(Conflict):
    """What is left on the payment accounts of a closed account would be nobody's."""

    code = "money_left"
    title = "There is still money on your accounts, or on its way"
    advice = "Send it away or have it paid out, wait for what is pending, then close the account."


@dataclass(frozen=True)
class Lock:
    """Why nobody may use an account. `by`: the administrator's id."""

    reason: str
    at: datetime
    by: str


@dataclass(frozen=True)
class User:
    """A person with an account here. Times are aware, UTC, whole milliseconds (what MongoDB keeps).

    `email` is somebody's only when it is confirmed, and then nobody else's (docs/decisions/0006). `notes_from`: the
    notes of devices from before are void (docs/decisions/0027), since who got them may not be who may come in now.
    """

    id: str
    username: str
    email: str
    roles: tuple[str, ...]
    origin: Origin
    created_at: datetime
    password_hash: str
    email_confirmed: bool = False
    email_change: EmailChange | None = None
    password_is_generated: bool = False
    lock: Lock | None = None
    closed_at: datetime | None = None
    notes_from: datetime | None = None

    @property
    def state(self) -> Literal["active", "locked", "closed"]:
        """Whether they may log in."""
        if self.closed_at is not None:
            return "closed"
        return "active" if self.lock is None else "locked"

    def closed(self, at: datetime) -> User:
        """What is left of somebody who has closed their account: a handle that nobody else will get."""
        return replace(
            self,
            email="",
            email_confirmed=False,
            email_change=None,
            roles=(),
            password_hash="",
            lock=None,
            closed_at=at,
        )

    @property
    def may_administer(self) -> bool:
        """An administrator whom nobody has locked out."""
        return "admin" in self.roles and self.lock is None

    @property
    def session_roles(self) -> tuple[str, ...]:
        """As a session has them. The platform's own people, and whoever was given a role, are no newcomers.

        A generated password has been on a screen, and in whatever kept that: it opens the account and none of its
        powers, so that it can't become the lasting one (OWASP ASVS 5.0, 6.4.1).
        """
        if self.password_is_generated:
            return ("user",)
        new = self.origin == "user" and self.roles == ("user",) and not self.email_confirmed
        return (*self.roles, NEWCOMER) if new else self.roles


def username_of(text: str) -> str:
    """The handle as it is kept: lower case. Raises InvalidRequest for what can't be one."""
    username = text.strip().lower()
    if not USERNAME.fullmatch(username):
        raise _invalid(
            "username",
            "A user name has 3 to 32 characters: it begins with a letter and goes on with letters a to z, digits, "
            "dots, dashes and underscores.",
        )
    return username


def claimable(username: str) -> str:
    """`username`, unless people would take it for the platform's; raises UsernameTaken."""
    if username in RESERVED_USERNAMES:
        raise UsernameTaken
    return username


def email_of(text: str) -> str:
    """The address, normalised. Whether it exists isn't asked: only a letter to it can tell.

    Never one with `=?`, though RFC 5321 allows it: a mail header's reader takes it for an encoded word (RFC 2047), and
    the letter would go to whatever that decodes to.
    """
    if "=?" in text:
        raise _invalid("email", "An e-mail address with =? in it can't be written to.")
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise _invalid("email", str(error)) from None


def scopes_of(roles: tuple[str, ...]) -> frozenset[str]:
    """What the holder of these roles may do with a token."""
    return frozenset(scope for role in roles for scope in SCOPES_OF_ROLES[role])


def _invalid(field: str, detail: str) -> InvalidRequest:
    return InvalidRequest(detail, errors=[{"pointer": f"#/{field}", "detail": detail, "code": f"{field}_invalid"}])
