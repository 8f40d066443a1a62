"""What several processes of the service have."""

from __future__ import annotations

from pydantic import SecretStr

from notification_service.storage.collections import Collections
from service_kit import mongo

SERVICE = "notification_service"


def collections_of(mongo_url: SecretStr, app_name: str) -> Collections:
    """The database; `app_name` is what the server's log calls this process."""
    return Collections(mongo.connect(mongo_url.get_secret_value(), app_name))
