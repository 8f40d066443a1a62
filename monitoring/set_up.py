"""Make the indexes of monitoring's own database: `python -m monitoring.set_up`. Harmless when they exist."""

from __future__ import annotations

from monitoring.reconciliation.store import ReconciliationStore
from monitoring.settings import StoreSettings
from monitoring.storage import Collections
from service_kit import mongo


def main() -> int:
    """The command: see the module's docstring."""
    settings = StoreSettings.from_env()
    client = mongo.connect(settings.mongo_url.get_secret_value(), "monitoring-set-up")
    Collections(client).set_up()
    ReconciliationStore(client.get_default_database()).set_up()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
