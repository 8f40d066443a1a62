"""Takes a batch and never ends it, to be killed: `python -m ...stuck_consumer BOOTSTRAP TOPIC`."""

from __future__ import annotations

import sys
import threading

from service_kit.kafka import Message
from tests.integration.service_kit.broker import SETTINGS, RunningConsumer


def never_done(_batch: list[Message]) -> None:
    print("handling", flush=True)  # noqa: T201 - the test reads it
    threading.Event().wait()


if __name__ == "__main__":
    RunningConsumer(sys.argv[1], sys.argv[2], SETTINGS, never_done)
    threading.Event().wait()
