"""What is asked of the ledger, as columns: a history of ten million is planned before it is decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np

NONE = -1


class Kind(IntEnum):
    """What a planned command is."""

    OPEN_WORLD = 0
    OPEN = 1
    GRANT = 2
    SALARY = 3
    CASH_OUT = 4
    PAY = 5
    SPLIT = 6
    HOLD = 7
    CAPTURE = 8
    CAPTURE_PART = 9
    VOID = 10
    EXPIRE = 11
    REFUND = 12


ENDS = (Kind.CAPTURE, Kind.CAPTURE_PART, Kind.VOID, Kind.EXPIRE)
FOLLOW_UPS = (*ENDS, Kind.REFUND)


@dataclass(frozen=True)
class Commands:
    """One command a row. `at` is in milliseconds since the history's first midnight; people are numbers of the crowd.

    `of` is the `label` of the command that a follow-up is about, and `planted` the number of the pattern that it
    belongs to, NONE where there is none.
    """

    at: np.ndarray
    kind: np.ndarray
    payer: np.ndarray
    payee: np.ndarray
    amount: np.ndarray
    label: np.ndarray
    of: np.ndarray
    planted: np.ndarray

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: np.ndarray) -> Commands:
        return Commands(*(getattr(self, field.name)[rows] for field in fields(self)))

    def in_order(self) -> Commands:
        """By time; what comes at one moment keeps its order."""
        return self.take(np.argsort(self.at, kind="stable"))


def commands(
    at: np.ndarray,
    kind: int | np.ndarray,
    payer: int | np.ndarray = NONE,
    payee: int | np.ndarray = NONE,
    amount: int | np.ndarray = 0,
    of: int | np.ndarray = NONE,
    planted: int = NONE,
) -> Commands:
    """Rows, without labels; whatever is one number is that of all."""
    count = len(at)

    def column(value: int | np.ndarray, dtype: type) -> np.ndarray:
        return np.broadcast_to(np.asarray(value, dtype=dtype), count)

    return Commands(
        at=np.asarray(at, dtype=np.int64),
        kind=column(kind, np.int8),
        payer=column(payer, np.int32),
        payee=column(payee, np.int32),
        amount=column(amount, np.int64),
        label=column(NONE, np.int64),
        of=column(of, np.int64),
        planted=column(planted, np.int32),
    )


def joined(parts: Sequence[Commands]) -> Commands:
    """One after the other."""
    return Commands(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Commands)))


def count_of(parts: Iterable[Commands]) -> int:
    return sum(map(len, parts))
