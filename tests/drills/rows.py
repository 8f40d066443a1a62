"""What a drill has shown: its row of the table of drills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.table import Table

from tests.drills.impact import Impact

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class Account:
    """What the load came to: counts of transfers, of minor units, of notifications and of journal positions.

    `in_ledger`: those of the accepted that are in the journal.
    """

    accepted: int
    in_ledger: int
    lost: int
    doubled: int
    money_created: int
    unpublished: int
    undecided: int
    faults: int
    notifications_missing: int
    notifications_doubled: int
    lake_missing: int
    lake_doubled: int

    def findings(self) -> list[str]:
        """One sentence for each promise that was broken."""
        sentences = {
            "lost": "accepted transfers are lost",
            "doubled": "transfers are doubled",
            "money_created": "minor units were created",
            "unpublished": "positions are not on the topic",
            "undecided": "keys stayed undecided",
            "faults": "answers were 500",
            "notifications_missing": "notifications are missing",
            "notifications_doubled": "notifications are too many",
            "lake_missing": "journal positions are not in the lake",
            "lake_doubled": "rows of the lake are doubled",
        }
        return broken(self, sentences)


def broken(account: object, promises: Mapping[str, str]) -> list[str]:
    """A sentence for each figure of `account` that is not 0, though `promises` says in words why it should be."""
    return [f"{count} {what}" for name, what in promises.items() if (count := getattr(account, name))]


@dataclass(frozen=True)
class Named:
    """Which alert named the fault, after how many seconds, and for how long nothing was accepted; None for never.

    `silence_limit_seconds`: so long it was allowed to be, None where that is nobody's promise.
    """

    name: str | None
    seconds: float | None
    silence_seconds: float | None
    silence_limit_seconds: float | None = None


@dataclass(frozen=True)
class Row:
    """What one drill showed. `account` counts what became of its load, `impact` tells what people noticed."""

    name: str
    account: DataclassInstance
    alert: Named
    impact: Impact
    more: Mapping[str, float] = field(default_factory=dict)
    """What this drill alone measures."""

    def flat(self) -> dict[str, str | float | None]:
        """As a line of the table."""
        alert = {"alert": self.alert.name, "alert_seconds": self.alert.seconds}
        return {
            "name": self.name,
            **asdict(self.account),
            **alert,
            "silence_seconds": self.alert.silence_seconds,
            "silence_limit_seconds": self.alert.silence_limit_seconds,
            **asdict(self.impact),
            **self.more,
        }


class Shown(Protocol):
    """What one drill showed, whatever it counts."""

    @property
    def name(self) -> str: ...

    def flat(self) -> dict[str, str | float | None]:
        """As a line of the table."""


def show(console: Console, row: Shown) -> None:
    """The row as a table of names and values."""
    table = Table(title=f"drill {row.name}", title_justify="left", show_header=False)
    for name, value in row.flat().items():
        text = "never" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
        table.add_row(name, text)
    console.print(table)
