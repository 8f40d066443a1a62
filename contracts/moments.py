"""The platform's form of a moment, in events and answers."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(at: datetime) -> str:
    """RFC 3339, in UTC with milliseconds and a Z: 2026-11-01T09:31:00.000Z. So moments compare as text.

    Raises ValueError for a moment without a zone, which would be taken for one of this machine's.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    # Not by strftime: it writes a year before 1000 in three digits.
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
