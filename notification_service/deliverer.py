"""What is ordered goes out by e-mail and to webhooks: `python -m notification_service.deliverer`."""

from __future__ import annotations

from notification_service.wiring.deliverer import run_deliverer

if __name__ == "__main__":
    raise SystemExit(run_deliverer())
