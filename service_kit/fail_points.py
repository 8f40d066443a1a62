"""Moments at which a process can be told to die, so that a drill meets what a kill from outside seldom does.

Off, unless the variable FAIL_POINT names a point that the process has, and a file: `relay.published:/run/order`. While
that file is not there nothing happens. When the process comes to the point and finds it, the file is removed and the
process ends as by SIGKILL: one death for each file, so that what is started after it lives.
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
    TAKEN = "consumer.taken"
    """Messages are taken from the topic, and nothing has come of them."""
    HANDLED = "consumer.handled"
    """Their effect is there, and their offsets are not committed."""


@dataclass(frozen=True)
class FailPoint:
    """`point`: where this process dies when the file `order` is there; None for nowhere."""

    point: Point | None = None
    order: Path = Path("/nowhere")

    def reached(self, point: Point) -> None:
        """Die here, if that was ordered; costs a comparison where it is off."""
        if point is not self.point:
            return
        try:
            self.order.unlink()
        except FileNotFoundError:
            return
        log.critical("fail_point_reached", point=point)
        os.kill(os.getpid(), signal.SIGKILL)


OFF = FailPoint()


Ordered = Annotated[
    FailPoint,
    NoDecode,
    Field(description="in development: a fail point of this process, a colon and a file's absolute path; or nothing"),
]
"""The setting FAIL_POINT."""


def among(*points: Point) -> BeforeValidator:
    """Those that a process has. Any other is refused, and so is every one in production."""

    def read(value: Any, info: ValidationInfo) -> FailPoint:
        if isinstance(value, FailPoint):
            return value
        name, _, order = str(value).partition(":")
        if info.data.get("environment") == "production":
            raise ValueError("there are no fail points in production")
        if name not in points or not Path(order).is_absolute():
            raise ValueError("no fail point of this process")
        return FailPoint(Point(name), Path(order))

    return BeforeValidator(read)
