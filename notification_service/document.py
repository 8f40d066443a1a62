"""The OpenAPI document, by which requests are checked (docs/decisions/0013)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from service_kit.operations import Operations

OPENAPI = Path(__file__).with_name("openapi")


@cache
def operations() -> Operations:
    """Compiled once a process."""
    return Operations.load(OPENAPI)
