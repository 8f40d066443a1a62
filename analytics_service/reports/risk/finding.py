"""One suspicious thing, with the transfers that prove it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

MEDIUM, HIGH = 150, 250
SCORE_MOST = 1_000
MOMENT = "datetime64[ms, UTC]"


class Edge(NamedTuple):
    """One payee's part of a posted payment. `at` is in milliseconds since 1970, `amount` in minor units."""

    position: int
    at: int
    transfer_id: str
    currency: str
    payer: str
    payee: str
    amount: int


EDGE = ("position", "occurred_at", "transfer_id", "currency", "payer_account", "payee_account")
"""The columns of legs that make an edge, with `amount`."""


def edges_of(table: pd.DataFrame) -> list[Edge]:
    """Of rows with the columns EDGE and `amount`, in order of time: the ledger's, whose clock never goes back."""
    ordered = table.sort_values(["occurred_at", "position", "payee_account"], kind="stable")
    at = ordered["occurred_at"].dt.as_unit("ms").astype("int64")
    columns = [ordered["position"], at, *(ordered[name] for name in EDGE[2:]), ordered["amount"]]
    return [Edge(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


@dataclass(frozen=True)
class Finding:
    """`account` is the one that it is about; `score` is 100 where a threshold was just reached, and grows then."""

    pattern: str
    account: str
    score: int
    proof: tuple[Edge, ...]

    @property
    def severity(self) -> str:
        """For people: low, medium or high."""
        return "high" if self.score >= HIGH else "medium" if self.score >= MEDIUM else "low"

    @property
    def others(self) -> list[str]:
        """The other accounts that have a part in it."""
        return sorted({account for edge in self.proof for account in (edge.payer, edge.payee)} - {self.account})


COLUMNS = (
    *("pattern", "severity", "score", "currency", "account", "first_at", "last_at", "transfers", "amount"),
    *("others", "other_accounts", "positions", "transfer_ids", "times", "payers", "payees", "amounts"),
)
"""Of the answer. What is of each transfer stands in one text, with spaces between and in one order."""


def score_of(measured: int, threshold: int) -> int:
    """In hundredths of the threshold."""
    return min(SCORE_MOST, measured * 100 // threshold)


def table_of(findings: Iterable[Finding], limit: int) -> pd.DataFrame:
    """The first `limit`, the highest score first; of the same score, the earliest."""
    ranked = sorted(findings, key=lambda each: (-each.score, each.proof[0].position, each.account, _positions(each)))
    table = pd.DataFrame([_row(each) for each in ranked[:limit]], columns=list(COLUMNS))
    return table.astype({"first_at": MOMENT, "last_at": MOMENT})


def _positions(finding: Finding) -> tuple[int, ...]:
    return tuple(edge.position for edge in finding.proof)


def _row(finding: Finding) -> tuple[object, ...]:
    proof, others = finding.proof, finding.others
    return (
        *(finding.pattern, finding.severity, finding.score, proof[0].currency, finding.account),
        *(proof[0].at, proof[-1].at, len(proof), sum(edge.amount for edge in proof)),
        *(len(others), " ".join(others), _joined(_positions(finding)), _joined(edge.transfer_id for edge in proof)),
        _joined(pd.Timestamp(edge.at, unit="ms").isoformat(timespec="milliseconds") + "Z" for edge in proof),
        *(_joined(edge.payer for edge in proof), _joined(edge.payee for edge in proof)),
        _joined(edge.amount for edge in proof),
    )


def _joined(values: Iterable[object]) -> str:
    return " ".join(map(str, values))


def by(side: str, edges: Sequence[Edge]) -> dict[str, list[Edge]]:
    """The edges of each account that is on that side (payer or payee)."""
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.payer if side == "payer" else edge.payee, []).append(edge)
    return found
