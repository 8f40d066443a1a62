"""What several processes of the service have."""

from __future__ import annotations

from datetime import timedelta

from pydantic import SecretStr

from notification_service.metrics import TellingMetrics
from notification_service.ports import Hints
from notification_service.storage.collections import Collections
from notification_service.storage.deliveries import MongoDeliveries
from notification_service.storage.endpoints import MongoEndpoints
from notification_service.storage.notifications import MongoNotifications
from notification_service.storage.people import MongoPeople
from notification_service.storage.preferences import MongoPreferences
from notification_service.use_cases.choose import Choose
from notification_service.use_cases.tell import Tell
from service_kit import mongo
from service_kit.clock import Clock

SERVICE = "notification_service"


def collections_of(mongo_url: SecretStr, app_name: str) -> Collections:
    """The database; `app_name` is what the server's log calls this process."""
    return Collections(mongo.connect(mongo_url.get_secret_value(), app_name))


def tell_of(
    collections: Collections,
    hints: Hints,
    metrics: TellingMetrics,
    clock: Clock,
    retention_days: int,
) -> Tell:
    """The way to the inboxes and out of them."""
    return Tell(
        MongoNotifications(collections, timedelta(days=retention_days)),
        MongoDeliveries(collections),
        MongoPreferences(collections),
        Choose(MongoPeople(collections), MongoEndpoints(collections), clock),
        hints,
        metrics,
        clock,
    )
