"""The rules of telling people. No framework, no store."""

from notification_service.domain.delivery import Delivery
from notification_service.domain.notification import (
    GRANT,
    ORDER,
    Account,
    Alert,
    Channel,
    Direction,
    Notification,
    Stored,
    Transfer,
)
from notification_service.domain.telling import ADMIN, alert_notifications, notifications_of

__all__ = [
    "ADMIN",
    "GRANT",
    "ORDER",
    "Account",
    "Alert",
    "Channel",
    "Delivery",
    "Direction",
    "Notification",
    "Stored",
    "Transfer",
    "alert_notifications",
    "notifications_of",
]
