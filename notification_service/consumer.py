"""Topic `transactions` -> notifications: `python -m notification_service.consumer`."""

from __future__ import annotations

from notification_service.wiring.consumers import run_consumer

if __name__ == "__main__":
    raise SystemExit(run_consumer())
