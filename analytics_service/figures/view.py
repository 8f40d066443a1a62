"""What the page was asked to show, and so which reports it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analytics_service.domain.rows import Row
from analytics_service.filters import PAYMENT, Selection
from analytics_service.reports import REPORTS, Report
from analytics_service.reports.periods import UTC, Unit
from service_kit.charts import Chart

HOURS_MAX = 72
"""With more hours than these a chart shows days, unless it was told what to show."""
BARS_MAX = 1_000
"""More bars than a screen has room for are told to be too many."""
Section = Literal["money", "spread", "accounts"]
MONEY: Section = "money"
SPREAD: Section = "spread"
ACCOUNTS: Section = "accounts"
"""The page's sections: one is shown at a time, and only its reports are made."""

Figures = Mapping[str, Sequence[Row]]


@dataclass(frozen=True)
class Drawing:
    """A chart with its place in the page. `report` is what its CSV holds."""

    id: str
    title: str
    caption: str
    chart: Chart
    report: str


@dataclass(frozen=True)
class View:
    """`own`: the figures are the reader's. `unit`: of the charts over time; None leaves it to their number of bars."""

    selection: Selection
    own: bool
    unit: Unit | None = None
    section: Section = MONEY

    @property
    def type(self) -> str:
        """The type of transfer whose success is told: payments, or the filter's where it leaves those out."""
        asked = self.selection.type
        return asked[0] if asked and PAYMENT not in asked else PAYMENT

    @property
    def zone(self) -> str:
        """The time zone in which the page tells the time."""
        return self.selection.zone or UTC

    @property
    def one_person(self) -> bool:
        """Whether the figures are those of one person, and so have money in and money out."""
        return self.selection.user_id is not None

    @property
    def users(self) -> str:
        """The report of users that goes with the charts over time."""
        return f"users_per_{self.unit if self.unit in ('week', 'month') else 'day'}"

    def reports(self) -> list[Report]:
        """All that its section of the page shows."""
        over_time = ("per_hour", "per_day") if self.unit is None else (f"per_{self.unit}",)
        platform = not self.one_person
        names = {
            MONEY: ["totals", "outcomes", *over_time, "statement", *["amounts"] * platform],
            SPREAD: ["histogram", "hours_of_week", "amounts"],
            ACCOUNTS: [
                *("top_payees", "top_payers", "accounts", "counterparties"),
                *["concentration", self.users] * platform,
            ],
        }[self.section]
        return [REPORTS[name] for name in names if not REPORTS[name].misses(self.selection)]

    def over_time(self, figures: Figures) -> str:
        """The report whose figures the charts over time show."""
        if self.unit is not None:
            return f"per_{self.unit}"
        return "per_hour" if len(distinct(figures["per_hour"], "start")) <= HOURS_MAX else "per_day"

    def too_many(self, figures: Figures) -> bool:
        """Whether there are more periods than can be drawn."""
        return self.section == MONEY and len(distinct(figures[self.over_time(figures)], "start")) > BARS_MAX


def distinct(rows: Iterable[Row], column: str) -> list[str]:
    """What stands in a column, each once, in order."""
    return sorted({row[column] for row in rows})


def names_of(rows: Iterable[Row]) -> list[str]:
    """What the periods are called, each once, in order of time."""
    return [period.replace("T", " ") for _, period in sorted({(row["start"], row["period"]) for row in rows})]
