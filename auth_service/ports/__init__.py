"""What auth's use cases need of the outside."""

from auth_service.ports.credentials import Attempts, Credentials, EmailChanges, Passwords, SecondFactors
from auth_service.ports.keys import Clients, SealedKeys, SigningKey, SigningKeys
from auth_service.ports.mail import MailOrders
from auth_service.ports.people import PaymentAccounts, Trail, Users
from auth_service.ports.sessions import RefreshTokens, SessionCache, Sessions
from auth_service.ports.told import OutgoingEvent, Told

__all__ = [
    "Attempts",
    "Clients",
    "Credentials",
    "EmailChanges",
    "MailOrders",
    "OutgoingEvent",
    "Passwords",
    "PaymentAccounts",
    "RefreshTokens",
    "SealedKeys",
    "SecondFactors",
    "SessionCache",
    "Sessions",
    "SigningKey",
    "SigningKeys",
    "Told",
    "Trail",
    "Users",
]
