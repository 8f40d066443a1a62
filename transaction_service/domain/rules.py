"""By which rules a record was decided. Rules change; what was decided by older ones stays decided, and right.

The writer decides by the LATEST and each record says so, so that a replay decides every record by the rules of its own
time (docs/decisions/0064). Where they differ, the rule itself asks which ones hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIRST = 1
"""Of records that name no rules."""
SECOND = 2
"""Refused attempts at a hold are in the history of who tried, and not of its payer; `allowed` is what all limits leave;
a frozen account is not refunded; an act that changes nothing about an account isn't written; plans are counted."""
LATEST = SECOND


def rules_of(record: Mapping[str, Any]) -> int:
    """The rules of a journal document. Raises ValueError for rules that this release doesn't have."""
    rules = record.get("rules", FIRST)
    if rules not in (FIRST, SECOND):
        raise ValueError(f"rules {rules!r} are not known")
    return int(rules)
