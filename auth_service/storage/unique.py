"""Which unique index refused a write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import DuplicateKeyError

from service_kit.errors import Conflict


@contextmanager
def refused_as(taken: type[Conflict], field: str) -> Iterator[None]:
    """Raise `taken` where the index of this field refuses: a transaction writes to many, and each other one that does
    is a fault of ours."""
    try:
        yield
    except DuplicateKeyError as refused:
        if field in ((refused.details or {}).get("keyPattern") or {}):
            raise taken from None
        raise
