"""Whether what concurrent clients were told could have been told by one ledger in one order: that of its journal. Pure.

As Jepsen's checkers (https://jepsen.io/consistency): each operation has an invocation and a completion, and must have
taken effect at one moment between them (Herlihy and Wing, "Linearizability", TOPLAS 1990). In general that order has to
be searched for; here the journal names it, so that one pass does: each operation gets the earliest position that those
before it leave, and where there is none the history is impossible.
"""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.records import JournalRecord
from tests.drills.rows import broken

NEVER = math.inf
LACKED_FUNDS = "insufficient_funds"


@dataclass(frozen=True, slots=True)
class Payment:
    """From account to account; no other payment of the history has its `amount`, by which it is found in the journal.

    Times are seconds of one monotonic clock; `completed` is NEVER where nobody was told what became of it. `position`
    is what the answer said; `code` why it was rejected.
    """

    payer: str
    payee: str
    amount: int
    invoked: float
    completed: float = NEVER
    position: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """A balance, as it was answered."""

    account: str
    balance: int
    invoked: float
    completed: float


@dataclass(frozen=True)
class Verdict:
    """How many operations there were, and how many of them cannot have been."""

    accepted: int
    rejected: int
    unknown: int
    reads: int
    lost: int
    doubled: int
    nobodys: int
    wrongly_rejected: int
    out_of_order: int
    impossible_reads: int
    money_created: int

    def findings(self) -> list[str]:
        """One sentence for each promise that was broken."""
        sentences = {
            "lost": "accepted payments are not in the journal where their answer said",
            "doubled": "payments were posted again",
            "nobodys": "payments were posted that nobody asked for, or that were rejected",
            "wrongly_rejected": "payments were rejected for want of money that was there",
            "out_of_order": "operations are in the journal before one that had ended when they began",
            "impossible_reads": "balances were read that the account had at no moment of the read",
            "money_created": "minor units were created",
        }
        return broken(self, sentences)


def verdict(
    payments: Sequence[Payment], reads: Sequence[Read], journal: Sequence[JournalRecord], opening: Mapping[str, int]
) -> Verdict:
    """Judge a history. `opening`: the balance of each account that took part, before the first of `journal`."""
    posted = [r for r in journal if r.kind == "transfer.posted" and r.payer_account in opening]
    at = {r.position: r for r in posted}
    found = Counter((r.payer_account, sum(r.parts)) for r in posted)
    positions = {(r.payer_account, sum(r.parts)): r.position for r in posted}
    balances = Balances(journal, opening)
    accepted = [p for p in payments if p.completed < NEVER and p.code is None]
    rejected = [p for p in payments if p.code is not None]
    unknown = [p for p in payments if p.completed == NEVER]
    askable = {(p.payer, p.amount) for p in (*accepted, *unknown)}
    out_of_order, impossible = _misplaced(payments, reads, positions, balances)
    return Verdict(
        accepted=len(accepted),
        rejected=len(rejected),
        unknown=len(unknown),
        reads=len(reads),
        lost=sum(p.position not in at or not _is_of(at[p.position], p) for p in accepted),
        doubled=sum(count - 1 for count in found.values()),
        nobodys=sum(key not in askable for key in found),
        wrongly_rejected=sum(_could_pay(p, balances) for p in rejected),
        out_of_order=out_of_order,
        impossible_reads=impossible,
        money_created=sum(abs(sum(record.moves.values())) for record in journal),
    )


class Balances:
    """Of each account at each position, added up from what the journal moved."""

    def __init__(self, journal: Iterable[JournalRecord], opening: Mapping[str, int]) -> None:
        self._positions: dict[str, list[int]] = defaultdict(lambda: [0])
        self._after = {account: [balance] for account, balance in opening.items()}
        for record in journal:
            for account, amount in record.moves.items():
                if account in self._after:
                    self._positions[account].append(record.position)
                    self._after[account].append(self._after[account][-1] + amount)

    def at(self, account: str, position: int) -> int:
        """After this position."""
        return self._after[account][bisect_right(self._positions[account], position) - 1]

    def first(self, account: str, balance: int, floor: int) -> int | None:
        """The first position, `floor` or later, at which the account has this balance."""
        positions, after = self._positions[account], self._after[account]
        start = bisect_right(positions, floor) - 1
        if after[start] == balance:
            return floor
        return next((positions[n] for n in range(start + 1, len(after)) if after[n] == balance), None)


def _misplaced(
    payments: Sequence[Payment], reads: Sequence[Read], positions: Mapping[tuple[str, int], int], balances: Balances
) -> tuple[int, int]:
    """Payments and reads that have no place in the order."""
    out_of_order = impossible = floor = 0
    ended: list[tuple[float, int]] = []
    for operation in sorted((*payments, *reads), key=lambda each: each.invoked):
        while ended and ended[0][0] < operation.invoked:
            floor = max(floor, heapq.heappop(ended)[1])
        if isinstance(operation, Read):
            place = balances.first(operation.account, operation.balance, floor)
            impossible += place is None
        else:
            place = operation.position or positions.get((operation.payer, operation.amount))
            out_of_order += place is not None and place <= floor
        if place is not None:
            heapq.heappush(ended, (operation.completed, place))
    return out_of_order, impossible


def _is_of(record: JournalRecord, payment: Payment) -> bool:
    return dict(record.moves) == {payment.payer: -payment.amount, payment.payee: payment.amount}


def _could_pay(payment: Payment, balances: Balances) -> bool:
    if payment.code != LACKED_FUNDS or payment.position is None:
        return False
    return balances.at(payment.payer, payment.position - 1) >= payment.amount
