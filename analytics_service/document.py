"""The OpenAPI document: a file for each part. By it requests are checked (docs/decisions/0013)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from analytics_service.domain.job_errors import JobKeyInvalid
from service_kit.operations import Operations

OPENAPI = Path(__file__).with_name("openapi")
KEY_HEADER = "Idempotency-Key"


@cache
def operations() -> Operations:
    """Compiled once a process."""
    return Operations.load(OPENAPI, refusals={KEY_HEADER: lambda mistake: JobKeyInvalid(mistake["detail"])})
