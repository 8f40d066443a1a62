"""Which unique index refused a write."""

from __future__ import annotations

from pymongo.errors import DuplicateKeyError


def is_taken(refused: DuplicateKeyError, field: str) -> bool:
    """Whether it was the index of this field: a transaction writes to many, and each other one is a fault of ours."""
    return field in ((refused.details or {}).get("keyPattern") or {})
