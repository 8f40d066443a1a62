"""The ways out of the platform: one carrier for each channel."""

from __future__ import annotations

from typing import Protocol

from notification_service.domain import Delivery, Outcome


class NotDelivered(Exception):
    """An attempt failed. `cause` is a short stable word (`connection_refused`, `status_500`, `timeout`), which the log
    of deliveries shows: nothing secret or personal belongs in it. `status` is the code that was answered, if one was.
    """

    outcome: Outcome

    def __init__(self, cause: str, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.status = status
        self.retry_after = retry_after
        """Seconds that the other side asked us to wait, at the least."""


class Refused(NotDelivered):
    """For good: it would be refused again. The delivery is dead; its lane is not blamed."""

    outcome = Outcome.REFUSED


class Delayed(NotDelivered):
    """This one is not taken for now (greylisting, a full mailbox); others of its lane may go."""

    outcome = Outcome.DELAYED


class TargetAway(NotDelivered):
    """Nobody answers, or not as one who is well, or asks us to come later: counts against the whole lane."""

    outcome = Outcome.AWAY


class Unwanted(NotDelivered):
    """There is nobody to deliver to any more: no confirmed address, the endpoint is gone or disabled. Cancelled."""

    outcome = Outcome.UNWANTED


class Carrier(Protocol):
    """Carries deliveries of one channel; several threads call it at once."""

    def deliver(self, delivery: Delivery) -> int | None:
        """Return the code of the answer (HTTP, SMTP) once the other side has taken it, within LONGEST_SECONDS.

        It may come again with the same id: always when the deliverer died, or the answer was lost.

        Raises:
            NotDelivered: one of the four above. PyMongoError: the database is away; the attempt doesn't count.
            Anything else is a fault of ours (a template that fails): the delivery is dead with the cause `broken`.
        """


LONGEST_SECONDS = 90.0
"""What one attempt may take as a whole; of what takes longer the claim lapses, and another may try."""
