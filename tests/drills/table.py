"""The table of all drills: what each row must hold, and what it held. Of what a drill does not count it says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from tests.drills.kept import Figure, Kept

NOT_COUNTED = "-"
NEVER = "never"
Figures = Mapping[str, Figure]


@dataclass(frozen=True)
class Column:
    """`expected`: what must be there in every row that has the figure; empty where it is only told."""

    title: str
    expected: str
    tell: Callable[[Figures], str]


def number(name: str, *others: str) -> Callable[[Figures], str]:
    """The figure of this name, or of the first of others that there is."""

    def tell(figures: Figures) -> str:
        found = next((each for each in (name, *others) if each in figures), None)
        return NOT_COUNTED if found is None else _told(figures[found])

    return tell


def joined(*names: str, unit: str = "") -> Callable[[Figures], str]:
    """Figures side by side."""

    def tell(figures: Figures) -> str:
        if not any(name in figures for name in names):
            return NOT_COUNTED
        return " / ".join(_told(figures.get(name)) for name in names) + unit

    return tell


def once(missing: str, doubled: str) -> Callable[[Figures], str]:
    """Whether all of it is there once, or by how much it is not."""

    def tell(figures: Figures) -> str:
        if missing not in figures:
            return NOT_COUNTED
        if not figures[missing] and not figures[doubled]:
            return "all, once"
        return f"{_told(figures[missing])} missing, {_told(figures[doubled])} doubled"

    return tell


def named(figures: Figures) -> str:
    """The alert that named the fault, and after how many seconds."""
    if "alert" not in figures:
        return NOT_COUNTED
    return f"{figures['alert']}, {_told(figures['alert_seconds'])} s" if figures["alert"] else NEVER


COLUMNS = (
    Column("accepted", "", number("accepted")),
    Column("in the journal", "as many", number("in_ledger")),
    Column("lost / doubled / created", "0 / 0 / 0", joined("lost", "doubled", "money_created")),
    Column("notified", "all, once", once("notifications_missing", "notifications_doubled")),
    Column("in the lake", "all, once", once("lake_missing", "lake_doubled")),
    Column("500", "0", number("faults")),
    Column("5xx", "", number("answers_5xx")),
    Column("p99 before / during / after", "", joined("p99_before_ms", "p99_during_ms", "p99_after_ms", unit=" ms")),
    Column("named by", "a right one in 60 s", named),
    Column("silent s", "the drill's limit", number("silence_seconds")),
    Column("back after s", "", number("recovery_seconds")),
)


def show(console: Console, drills: Sequence[str], rows: Mapping[str, Kept]) -> None:
    """What is expected, then a row each; those that have none were not run."""
    table = Table(title="drills", title_justify="left", show_lines=True)
    table.add_column("drill")
    for column in COLUMNS:
        table.add_column(column.title, justify="right")
    table.add_column("holds")
    expected = ["expected", *(column.expected for column in COLUMNS), "yes"]
    table.add_row(*expected, style="italic", end_section=True)
    for drill in drills:
        kept = rows.get(drill)
        cells = [column.tell(kept.figures) for column in COLUMNS] if kept else [""] * len(COLUMNS)
        table.add_row(drill, *cells, _verdict(kept))
    console.print(table)
    for kept in (rows[drill] for drill in drills if drill in rows):
        for finding in kept.findings:
            console.print(f"[red]{kept.drill}:[/] {finding}", highlight=False)


def markdown(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Lines of cells below their headings."""
    rows = [heads, ["---"] * len(heads), *lines]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)


def _verdict(kept: Kept | None) -> str:
    if kept is None:
        return "[yellow]not run"
    return "[green]yes" if kept.holds else f"[red]NO, {len(kept.findings)} wrong"


def _told(figure: Figure) -> str:
    if figure is None:
        return NEVER
    return figure if isinstance(figure, str) else f"{figure:,}" if isinstance(figure, int) else f"{figure:,g}"
