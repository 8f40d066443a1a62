"""The rules of people and sessions. No framework, no store."""

from auth_service.domain.client import CLIENT_SCOPES, Client
from auth_service.domain.moments import whole_milliseconds
from auth_service.domain.session import API_SESSION, BROWSER_IDLE, BROWSER_SESSION, Door, Session
from auth_service.domain.user import (
    PASSWORD_MAX,
    PASSWORD_MIN,
    SCOPES_OF_ROLES,
    InvalidCredentials,
    Origin,
    UnknownUser,
    User,
    UsernameTaken,
    claimable,
    email_of,
    password_of,
    scopes_of,
    username_of,
)

__all__ = [
    "API_SESSION",
    "BROWSER_IDLE",
    "BROWSER_SESSION",
    "CLIENT_SCOPES",
    "PASSWORD_MAX",
    "PASSWORD_MIN",
    "SCOPES_OF_ROLES",
    "Client",
    "Door",
    "InvalidCredentials",
    "Origin",
    "Session",
    "UnknownUser",
    "User",
    "UsernameTaken",
    "claimable",
    "email_of",
    "password_of",
    "scopes_of",
    "username_of",
    "whole_milliseconds",
]
