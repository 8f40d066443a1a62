"""The OpenAPI document, by which requests are checked (docs/decisions/0013)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from service_kit.operations import Operations
from service_kit.schemas import Formats

OPENAPI = Path(__file__).with_name("openapi")
FORMATS: Formats = {"password": lambda text: True}
"""`password` asks programs not to show what is typed; what one may be, the domain says."""


@cache
def operations() -> Operations:
    """Compiled once a process."""
    return Operations.load(OPENAPI, FORMATS)
