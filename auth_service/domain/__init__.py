"""The rules of people and sessions. No framework, no store."""

from auth_service.domain.client import CLIENT_SCOPES, Client
from auth_service.domain.letter import (
    LETTERS_PER_HOUR,
    LETTERS_WINDOW,
    LINK_LIFETIME,
    LetterKind,
    MailLink,
    MailOrder,
    address_key,
)
from auth_service.domain.moments import whole_milliseconds
from auth_service.domain.password import PASSWORD_MAX, PASSWORD_MIN, PASSWORD_RAW_MAX, normal_password, password_of
from auth_service.domain.refresh_token import GRACE, Exchange, RefreshToken, Repetition, repetition
from auth_service.domain.session import (
    API_LIMITS,
    BROWSER_IDLE,
    BROWSER_LIMITS,
    BROWSER_SESSION,
    Door,
    Limits,
    Session,
)
from auth_service.domain.signing_key import AFTERLIFE, LEAD, REREAD_SECONDS, StoredKey
from auth_service.domain.user import (
    SCOPES_OF_ROLES,
    InvalidCredentials,
    Origin,
    UnknownUser,
    User,
    UsernameTaken,
    claimable,
    email_of,
    scopes_of,
    username_of,
)

__all__ = [
    "AFTERLIFE",
    "API_LIMITS",
    "BROWSER_IDLE",
    "BROWSER_LIMITS",
    "BROWSER_SESSION",
    "CLIENT_SCOPES",
    "GRACE",
    "LEAD",
    "LETTERS_PER_HOUR",
    "LETTERS_WINDOW",
    "LINK_LIFETIME",
    "PASSWORD_MAX",
    "PASSWORD_MIN",
    "PASSWORD_RAW_MAX",
    "REREAD_SECONDS",
    "SCOPES_OF_ROLES",
    "Client",
    "Door",
    "Exchange",
    "InvalidCredentials",
    "LetterKind",
    "Limits",
    "MailLink",
    "MailOrder",
    "Origin",
    "RefreshToken",
    "Repetition",
    "Session",
    "StoredKey",
    "UnknownUser",
    "User",
    "UsernameTaken",
    "address_key",
    "claimable",
    "email_of",
    "normal_password",
    "password_of",
    "repetition",
    "scopes_of",
    "username_of",
    "whole_milliseconds",
]
