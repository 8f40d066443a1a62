"""What a record led to outside of the platform: e-mails and calls of webhooks, each with its attempts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitoring.asking import NOT_UNDERSTOOD, SourceAway
from monitoring.journey.services import ServiceApi
from monitoring.journey.stages import Decided, Sending


class Sendings:
    """Asks notification_service."""

    def __init__(self, api: ServiceApi) -> None:
        self._api = api
        self.source = api.name

    def of(self, record: Decided) -> tuple[Sending, ...]:
        """Everybody's; raises SourceAway."""
        body = self._api.get(f"/v1/notifications/events/{record.event_id}")
        try:
            return tuple(map(_sending, body["deliveries"])) if body else ()
        except (KeyError, TypeError, ValueError) as error:
            raise SourceAway(self.source, NOT_UNDERSTOOD) from error


def _sending(found: Mapping[str, Any]) -> Sending:
    attempts = found["attempts"]
    last = attempts[-1] if attempts else {"at": None, "outcome": None, "status": None}
    return Sending(
        user_id=found["user_id"],
        channel=found["channel"],
        state=found["state"],
        attempts=len(attempts),
        at=_time(last["at"]),
        outcome=last["outcome"],
        status=last["status"],
        next_at=_time(found["next_attempt_at"]),
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
