"""Make the indexes: `python -m notification_service.set_up`. Harmless when they exist.

Exits with 1 if the database is away.
"""

from __future__ import annotations

import sys

from pymongo.errors import PyMongoError

from notification_service.settings import StoreSettings
from notification_service.storage.collections import Collections
from service_kit import mongo


def main() -> int:
    """The command: see the module's docstring."""
    settings = StoreSettings.from_env()
    try:
        with mongo.connect(settings.mongo_url.get_secret_value(), "notification-set-up") as client:
            Collections(client).set_up()
    except PyMongoError as error:
        sys.stderr.write(f"not set up: {mongo.in_a_line(error)}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
