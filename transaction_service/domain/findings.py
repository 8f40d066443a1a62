"""What can be wrong with the ledger's documents, and the first places of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MOST_NAMED = 100
"""All are counted; so many are kept to be named."""


class Kind(StrEnum):
    """In which way something is wrong."""

    GAP = "gap"
    RECORD = "record"
    CHAIN = "chain"
    UNBALANCED = "unbalanced"
    DECISION = "decision"
    ACCOUNT = "account"
    TRANSFER = "transfer"
    PAID = "paid"
    NEGATIVE = "negative"
    MONEY_CREATED = "money_created"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: at a `position` of the journal, with an `account` where one can be named."""

    kind: Kind
    position: int
    account: str | None
    expected: str
    found: str

    def __str__(self) -> str:
        account = f", account {self.account}" if self.account else ""
        return f"{self.kind} at position {self.position}{account}: expected {self.expected}; found {self.found}"


@dataclass
class Findings:
    """Stays empty on a sound ledger."""

    counts: Counter[str] = field(default_factory=Counter)
    named: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        self.counts[str(finding.kind)] += 1
        if len(self.named) < MOST_NAMED:
            self.named.append(finding)


def told_apart(expected: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, str] | None:
    """The fields of two documents that differ, as they should be and as they are; None where none does."""
    if expected == found:
        return None
    should, are = _leaves(expected), _leaves(found)
    names = [name for name in {**should, **are} if name not in should or name not in are or should[name] != are[name]]
    return _text(names, should), _text(names, are)


def _leaves(document: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    leaves: dict[str, Any] = {}
    for name, value in document.items():
        inner = {str(n): item for n, item in enumerate(value)} if isinstance(value, list) else value
        if isinstance(inner, Mapping) and inner:
            leaves |= _leaves(inner, f"{path}{name}.")
        else:
            leaves[f"{path}{name}"] = value
    return leaves


def _text(names: list[str], leaves: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {leaves[name]}" if name in leaves else f"no {name}" for name in names)
