"""The rules of accounts and sessions. No framework, no store: what a user name is, how long a session lasts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from email_validator import EmailNotValidError, validate_email

from contracts.access_token import LIFETIME_SECONDS, USER_SCOPES, Scope
from service_kit.errors import Conflict, InvalidRequest, Unauthorized

USERNAME = re.compile(r"[a-z][a-z0-9_.-]{2,31}")
RESERVED_USERNAMES = frozenset({"admin", "administrator", "fintech", "root", "support", "system", "world"})
"""Handles that people would take for the platform itself."""
PASSWORD_MIN, PASSWORD_MAX = 8, 128
BROWSER_SESSION = timedelta(hours=12)
BROWSER_IDLE = timedelta(hours=2)
API_SESSION = timedelta(seconds=LIFETIME_SECONDS)
"""An API log-in gives one access token and nothing to renew it with, so its session ends with the token."""

Origin = Literal["user", "demo", "probe"]
Door = Literal["api", "browser"]
SCOPES_OF_ROLES: dict[str, tuple[str, ...]] = {
    "user": USER_SCOPES,
    "support": (),
    "analyst": (Scope.LEDGER_READ,),
    "admin": (Scope.LEDGER_READ,),
}


class UsernameTaken(Conflict):
    """A user name is a public handle, so this may be said."""

    code = "username_taken"
    title = "This user name is taken"


class UnknownUser(Exception):
    """An operator named somebody who isn't there. Never told over HTTP, where who exists is nobody's business."""


class InvalidCredentials(Unauthorized):
    """The same for an unknown name and for a wrong password: who exists is never told."""

    code = "invalid_credentials"
    title = "The user name or the password is wrong"
    advice = "Check both."

    def __init__(self, detail: str = "", **extensions: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Basic realm="fintech-app"'}, **extensions)


@dataclass(frozen=True)
class User:
    """A person with an account here. Times are aware, UTC, whole milliseconds (what MongoDB keeps)."""

    id: str
    username: str
    email: str
    roles: tuple[str, ...]
    origin: Origin
    created_at: datetime
    password_hash: str


@dataclass(frozen=True)
class Session:
    """A person's presence from log-in to log-out. Its id is no secret; the cookie's value is: only its hash is kept."""

    id: str
    user_id: str
    username: str
    roles: tuple[str, ...]
    door: Door
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    cookie_hash: str | None = None
    ended_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether it still counts: neither ended, nor past its absolute limit, nor idle for too long."""
        if self.ended_at is not None or now >= self.expires_at:
            return False
        return self.door == "api" or now - self.last_seen_at < BROWSER_IDLE


@dataclass(frozen=True)
class Client:
    """A service that asks in its own name (client credentials)."""

    id: str
    secret_hash: str
    scopes: tuple[str, ...]


CLIENT_SCOPES: dict[str, tuple[str, ...]] = {
    "transaction_service": (Scope.TOKENS_INTROSPECT,),
    "notification_service": (Scope.TOKENS_INTROSPECT,),
    "analytics_service": (Scope.TOKENS_INTROSPECT,),
    "monitoring": (Scope.TOKENS_INTROSPECT, Scope.LEDGER_READ, Scope.PIPELINE_READ, Scope.USERS_ORIGIN),
    "demo": (Scope.USERS_ORIGIN, Scope.LEDGER_READ, Scope.PIPELINE_READ),
}
"""The services that may exist, and what each is for. A secret without an entry here opens nothing."""


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
    """The address, normalised. Whether it exists isn't asked: only a letter to it can tell."""
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise _invalid("email", str(error)) from None


def password_of(text: str, username: str) -> str:
    """The password, if it may be one (NIST SP 800-63B: length, and not what is known of the person)."""
    if not PASSWORD_MIN <= len(text) <= PASSWORD_MAX:
        raise _invalid("password", f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.")
    if text.strip().lower() == username:
        raise _invalid("password", "The password must not be the user name.")
    return text


def scopes_of(roles: tuple[str, ...]) -> frozenset[str]:
    """What the holder of these roles may do with a token."""
    return frozenset(scope for role in roles for scope in SCOPES_OF_ROLES[role])


def whole_milliseconds(moment: datetime) -> datetime:
    """`moment` as MongoDB keeps it, so that what was written equals what is read."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _invalid(field: str, detail: str) -> InvalidRequest:
    return InvalidRequest(detail, errors=[{"pointer": f"#/{field}", "detail": detail, "code": f"{field}_invalid"}])
