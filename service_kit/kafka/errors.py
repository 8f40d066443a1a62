"""What can go wrong between us and Kafka, as callers have to tell it apart."""

from __future__ import annotations

from service_kit.metrics import Cause


class InvalidMessage(Exception):
    """This message can never be used, however often it is tried: to the dead letters, at once.

    Raised by `decode` of one message. Raised by `handle` it says that one of the batch is to blame: each is then tried
    alone, at once.
    """

    def __init__(self, detail: str, cause: Cause = Cause.MALFORMED) -> None:
        super().__init__(detail)
        self.cause = cause


class PublishFailed(Exception):
    """Not every record of a batch is known to be on its topic: send the whole batch again.

    `error_type` is "timeout" (the broker is away or slow; nothing is known) or "refused" (it answered no).
    """

    def __init__(self, detail: str, error_type: str = "timeout") -> None:
        super().__init__(detail)
        self.error_type = error_type


class ConsumerNotReady(Exception):
    """Why a consumer does no work just now: a failing readiness check, never the end of the process."""


class KafkaMisconfigured(RuntimeError):
    """The process can't speak to Kafka as it is installed or set up."""


class Stopping(Exception):
    """The process was told to stop while it waited for something: leave, and commit nothing that isn't done."""
