"""Make the manifest's index and state: `python -m analytics_service.set_up`. Harmless when they exist."""

from __future__ import annotations

from analytics_service.settings import StoreSettings
from analytics_service.storage.collections import Collections
from service_kit import mongo


def main() -> int:
    """The command: see the module's docstring."""
    settings = StoreSettings.from_env()
    Collections(mongo.connect(settings.mongo_url.get_secret_value(), "analytics-set-up")).set_up()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
