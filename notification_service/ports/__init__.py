"""What the use cases need of the outside."""

from notification_service.ports.carriers import Carrier, Delayed, NotDelivered, Refused, TargetAway, Unwanted
from notification_service.ports.deliveries import Backlog, Deliveries
from notification_service.ports.endpoints import Endpoints
from notification_service.ports.hints import Hints
from notification_service.ports.notifications import EVERYTHING, UNREAD_MAX, Coverage, Filter, Notifications
from notification_service.ports.people import People, Person

__all__ = [
    "EVERYTHING",
    "UNREAD_MAX",
    "Backlog",
    "Carrier",
    "Coverage",
    "Delayed",
    "Deliveries",
    "Endpoints",
    "Filter",
    "Hints",
    "NotDelivered",
    "Notifications",
    "People",
    "Person",
    "Refused",
    "TargetAway",
    "Unwanted",
]
