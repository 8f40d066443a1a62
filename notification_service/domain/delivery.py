"""A notification on its way out of the platform, by e-mail or to a webhook."""

from __future__ import annotations

from dataclasses import dataclass

from notification_service.domain.notification import Notification


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be delivered, and where.

    `notification.channel` is the way; `target` is the webhook endpoint's id, empty for e-mail, where the person's
    address is looked up when it is sent. `traceparent` is of the event that it came from.
    """

    notification: Notification
    target: str = ""
    traceparent: str | None = None

    @property
    def id(self) -> str:
        """Unique per event, person, channel and target: who delivers and who receives know a repetition by it."""
        return f"{self.notification.id}.{self.target}" if self.target else self.notification.id
