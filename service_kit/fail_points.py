"""Moments at which a process can be told to die, so that a drill meets what a kill from outside seldom does.

Off, unless the variable FAIL_POINTS names a folder. Then a process that comes to a point, such as `relay.published`,
and finds a file of that name there removes it and ends as by SIGKILL: one death for each file, so that what is started
after it lives. Who wants it to die three times puts the file there three times.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic_settings import NoDecode

from service_kit.logging import get_logger

log = get_logger(__name__)


class Point(StrEnum):
    """Between two steps of which the second has to be made good by whoever comes after."""

    READ = "relay.read"
    """What the journal holds is read, and not yet published."""
    PUBLISHED = "relay.published"
    """It is on the topic, and the cursor has not moved."""
    COMMITTED = "ledger.committed"
    """A batch is durable, and nobody has been answered."""
    TAKEN = "taken"
    """Messages are taken from the topic, and nothing has come of them. Said with the consumer group before it."""
    HANDLED = "handled"
    """Their effect is there, and their offsets are not committed. Said with the consumer group before it."""


@dataclass(frozen=True)
class FailPoints:
    """`orders`: the folder in which files order a death; None for nobody's."""

    orders: Path | None = None

    def reached(self, point: Point, of: str = "") -> None:
        """Die here, if that was ordered; costs a comparison where there are none. `of`: the consumer group."""
        if self.orders is None:
            return
        name = f"{of}.{point}" if of else point
        try:
            (self.orders / name).unlink()
        except FileNotFoundError:
            return
        log.critical("fail_point_reached", point=name)
        os.kill(os.getpid(), signal.SIGKILL)


OFF = FailPoints()


def _read(value: Any, info: ValidationInfo) -> FailPoints:
    if isinstance(value, FailPoints):
        return value
    if info.data.get("environment") != "development":
        raise ValueError("there are no fail points in production")
    if not Path(value).is_absolute():
        raise ValueError("an absolute path is expected")
    return FailPoints(Path(value))


Ordered = Annotated[
    FailPoints,
    NoDecode,
    BeforeValidator(_read),
    Field(description="in development only: the absolute path of a folder in which files order deaths; or nothing"),
]
"""The setting FAIL_POINTS of a process that has some. In production it is refused."""
