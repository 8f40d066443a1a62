"""What the use cases need of the outside."""

from notification_service.ports.deliveries import Deliveries
from notification_service.ports.hints import Hints
from notification_service.ports.notifications import Coverage, Notifications
from notification_service.ports.people import People, Person

__all__ = ["Coverage", "Deliveries", "Hints", "Notifications", "People", "Person"]
