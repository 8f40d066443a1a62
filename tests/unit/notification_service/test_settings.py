"""What a process refuses to start with."""

from __future__ import annotations

import pytest

from notification_service.domain import OUTWARD_WITHIN, REMEMBERED_AT_LEAST
from notification_service.settings import DelivererSettings

NEEDED = {
    "HTTP_PORT": "5123",
    "MONGO_URL": "mongodb://nowhere/notification",
    "REDIS_URL": "redis://nowhere",
    "WEBHOOK_SECRETS_KEY": "A" * 43 + "=",
    "SMTP_HOST": "nowhere",
    "SMTP_PORT": "25",
    "MAIL_FROM": "Fintech App <no-reply@fintech-app.example>",
}


@pytest.fixture(autouse=True)
def needed(monkeypatch):
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)


def test_no_delivery_is_forgotten_while_it_would_be_sent_again(monkeypatch, capsys):
    assert REMEMBERED_AT_LEAST > OUTWARD_WITHIN
    for days in (1, OUTWARD_WITHIN.days):
        monkeypatch.setenv("DELIVERY_LOG_DAYS", str(days))
        with pytest.raises(SystemExit):
            DelivererSettings.from_env()
    assert "would be sent again" in capsys.readouterr().err
    monkeypatch.setenv("DELIVERY_LOG_DAYS", str(REMEMBERED_AT_LEAST.days))
    assert DelivererSettings.from_env().delivery_log_days == REMEMBERED_AT_LEAST.days
