"""The rules of telling people. No framework, no store."""

from notification_service.domain.delivery import (
    Attempt,
    Claimed,
    Delivery,
    DeliveryRecord,
    DeliveryState,
    Outcome,
)
from notification_service.domain.kinds import family_of, kinds_named
from notification_service.domain.notification import (
    GRANT,
    ORDER,
    OUTWARD,
    Account,
    Alert,
    Channel,
    Direction,
    Notification,
    Session,
    Stored,
    Transfer,
    Webhook,
    moment_order,
)
from notification_service.domain.security import security_notification
from notification_service.domain.telling import ADMIN, alert_notifications, notifications_of

__all__ = [
    "ADMIN",
    "GRANT",
    "ORDER",
    "OUTWARD",
    "Account",
    "Alert",
    "Attempt",
    "Channel",
    "Claimed",
    "Delivery",
    "DeliveryRecord",
    "DeliveryState",
    "Direction",
    "Notification",
    "Outcome",
    "Session",
    "Stored",
    "Transfer",
    "Webhook",
    "alert_notifications",
    "family_of",
    "kinds_named",
    "moment_order",
    "notifications_of",
    "security_notification",
]
