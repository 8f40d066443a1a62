"""The OpenAPI document, by which requests are checked (docs/decisions/0013)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from notification_service.domain import kinds_named
from service_kit.operations import Operations
from service_kit.schemas import Formats

OPENAPI = Path(__file__).with_name("openapi")
FORMATS: Formats = {"kind-or-family": lambda text: bool(kinds_named(text))}
"""Beside those of the kit: a kind, or all of one family."""


@cache
def operations() -> Operations:
    """Compiled once a process."""
    return Operations.load(OPENAPI, FORMATS)
