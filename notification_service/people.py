"""Topic `users` -> who is called what, and who is an admin: `python -m notification_service.people`."""

from __future__ import annotations

from notification_service.wiring.consumers import run_people

if __name__ == "__main__":
    raise SystemExit(run_people())
