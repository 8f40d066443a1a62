"""Make the ledger's indexes, lease and cursor: `python -m transaction_service.set_up`. Harmless when they exist."""

from __future__ import annotations

from service_kit import mongo
from transaction_service.settings import StoreSettings
from transaction_service.storage.collections import Collections


def main() -> int:
    """The command: see the module's docstring."""
    settings = StoreSettings.from_env()
    Collections(mongo.connect(settings.mongo_url.get_secret_value(), "transaction-set-up")).set_up()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
