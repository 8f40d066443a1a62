"""The rules of telling people. No framework, no store."""

from notification_service.domain.delivery import (
    OUTWARD_WITHIN,
    REMEMBERED_AT_LEAST,
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
    Found,
    Noticed,
    Notification,
    Session,
    Stored,
    Transfer,
    Webhook,
    moment_order,
)
from notification_service.domain.preferences import SUBJECTS, UNCHANGED, Many, Preferences, Subject, Watch
from notification_service.domain.security import security_notification
from notification_service.domain.telling import ADMIN, alert_notifications, notifications_of
from notification_service.domain.watching import Paying

__all__ = [
    "ADMIN",
    "GRANT",
    "ORDER",
    "OUTWARD",
    "OUTWARD_WITHIN",
    "REMEMBERED_AT_LEAST",
    "SUBJECTS",
    "UNCHANGED",
    "Account",
    "Alert",
    "Attempt",
    "Channel",
    "Claimed",
    "Delivery",
    "DeliveryRecord",
    "DeliveryState",
    "Direction",
    "Found",
    "Many",
    "Noticed",
    "Notification",
    "Outcome",
    "Paying",
    "Preferences",
    "Session",
    "Stored",
    "Subject",
    "Transfer",
    "Watch",
    "Webhook",
    "alert_notifications",
    "family_of",
    "kinds_named",
    "moment_order",
    "notifications_of",
    "security_notification",
]
