"""Make the indexes, and what an older release left as this one wants it: `python -m notification_service.set_up`.

Harmless when all that is done. Exits with 1 if the database is away.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from pymongo.errors import PyMongoError

from notification_service.settings import SetUpSettings
from notification_service.storage.collections import Collections
from notification_service.storage.notifications import MARGIN
from notification_service.storage.upgrading import upgrade
from service_kit import mongo


def main() -> int:
    """The command: see the module's docstring."""
    settings = SetUpSettings.from_env()
    kept = timedelta(days=settings.inbox_retention_days) + MARGIN
    try:
        with mongo.connect(settings.mongo_url.get_secret_value(), "notification-set-up") as client:
            collections = Collections(client)
            collections.set_up()
            upgrade(collections, kept)
    except PyMongoError as error:
        sys.stderr.write(f"not set up: {mongo.in_a_line(error)}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
