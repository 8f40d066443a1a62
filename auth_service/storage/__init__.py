"""The only package of auth that knows MongoDB."""

from auth_service.storage.attempts import MongoAttempts
from auth_service.storage.audit import AUDIT_DATABASE, MongoTrail
from auth_service.storage.clients import MongoClients
from auth_service.storage.collections import DATABASE, create_indexes, database
from auth_service.storage.credentials import MongoCredentials
from auth_service.storage.email_changes import MongoEmailChanges
from auth_service.storage.mail_orders import MongoMailOrders
from auth_service.storage.outbox import MongoOutbox
from auth_service.storage.refresh_tokens import MongoRefreshTokens
from auth_service.storage.second_factors import MongoSecondFactors
from auth_service.storage.sessions import MongoSessions, of_cookie
from auth_service.storage.signing_keys import MongoSealedKeys
from auth_service.storage.users import MongoUsers

__all__ = [
    "AUDIT_DATABASE",
    "DATABASE",
    "MongoAttempts",
    "MongoClients",
    "MongoCredentials",
    "MongoEmailChanges",
    "MongoMailOrders",
    "MongoOutbox",
    "MongoRefreshTokens",
    "MongoSealedKeys",
    "MongoSecondFactors",
    "MongoSessions",
    "MongoTrail",
    "MongoUsers",
    "create_indexes",
    "database",
    "of_cookie",
]
