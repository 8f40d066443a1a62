"""What the use cases need of the outside."""

from notification_service.ports.carriers import Carrier, Delayed, NotDelivered, Refused, TargetAway, Unwanted
from notification_service.ports.deliveries import Backlog, Deliveries
from notification_service.ports.endpoints import Endpoints
from notification_service.ports.hints import Hints
from notification_service.ports.notifications import EVERYTHING, UNREAD_MAX, Coverage, Decided, Filter, Notifications
from notification_service.ports.payments import Pair, Payments
from notification_service.ports.people import People, Person
from notification_service.ports.preferences import ManyPreferences

__all__ = [
    "EVERYTHING",
    "UNREAD_MAX",
    "Backlog",
    "Carrier",
    "Coverage",
    "Decided",
    "Delayed",
    "Deliveries",
    "Endpoints",
    "Filter",
    "Hints",
    "ManyPreferences",
    "NotDelivered",
    "Notifications",
    "Pair",
    "Payments",
    "People",
    "Person",
    "Refused",
    "TargetAway",
    "Unwanted",
]
