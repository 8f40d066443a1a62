"""The table of all drills: what each row must hold, and what it held. Of what a drill does not count it says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.drills.kept import Figure, Kept

NOT_COUNTED = "-"
NEVER = "never"
KEPT_PROMISES = {"unpublished", "undecided"}
"""Of every account, and wrong in a finding of their own if they are not 0."""
Figures = Mapping[str, Figure]


@dataclass(frozen=True)
class Column:
    """`names`: the figures that it tells of; `expected`: what must be there in every row that has them, empty where it
    is only told."""

    title: str
    expected: str
    names: tuple[str, ...]
    word: Callable[..., str]

    def tell(self, figures: Figures) -> str:
        """The cell of a row."""
        if self.names[0] not in figures:
            return NOT_COUNTED
        return self.word(*(figures.get(name) for name in self.names))


def told(figure: Figure) -> str:
    """A figure as people read it."""
    if figure is None:
        return NEVER
    return figure if isinstance(figure, str) else f"{figure:,}" if isinstance(figure, int) else f"{figure:,g}"


def joined(*figures: Figure) -> str:
    """Side by side."""
    return " / ".join(map(told, figures))


def once(missing: Figure, doubled: Figure) -> str:
    """Whether all of it is there once, or by how much it is not."""
    return f"{told(missing)} missing, {told(doubled)} doubled" if missing or doubled else "all, once"


def named(alert: Figure, seconds: Figure) -> str:
    """The alert that named the fault, and after how many seconds."""
    return f"{alert}, {told(seconds)} s" if alert else NEVER


def within(seconds: Figure, limit: Figure) -> str:
    """The seconds, and what was allowed."""
    return told(seconds) if limit is None else f"{told(seconds)} of {told(limit)}"


COUNTED = (
    Column("accepted", "", ("accepted",), told),
    Column("in the journal", "as many", ("in_ledger",), told),
    Column("lost / doubled / created", "0 / 0 / 0", ("lost", "doubled", "money_created"), joined),
    Column("notified", "all, once", ("notifications_missing", "notifications_doubled"), once),
    Column("in the lake", "all, once", ("lake_missing", "lake_doubled"), once),
    Column("500", "0", ("faults",), told),
)
NOTICED = (
    Column("5xx", "", ("answers_5xx",), told),
    Column("p99 in ms before / during / after", "", ("p99_before_ms", "p99_during_ms", "p99_after_ms"), joined),
    Column("named by", "a right one in 60 s", ("alert", "alert_seconds"), named),
    Column("silent s", "what is allowed", ("silence_seconds", "silence_limit_seconds"), within),
    Column("back after s", "", ("recovery_seconds",), told),
)
COLUMNS = COUNTED + NOTICED


def besides(figures: Figures) -> dict[str, str]:
    """What no column tells of, by its name; but for promises of every account."""
    known = {name for column in COLUMNS for name in column.names}
    return {name: told(figure) for name, figure in figures.items() if name not in known | KEPT_PROMISES}


def show(console: Console, drills: Sequence[str], rows: Mapping[str, Kept]) -> None:
    """What is expected, then a row each, in two tables that a terminal has room for; those without one were not run."""
    console.print(_table("what became of it", COUNTED, drills, rows))
    console.print(_table("what people and operators noticed", NOTICED, drills, rows))
    for kept in (rows[drill] for drill in drills if drill in rows):
        for finding in kept.findings:
            console.print(f"[red]{kept.drill}:[/] {finding}", highlight=False)


def _table(title: str, columns: Sequence[Column], drills: Sequence[str], rows: Mapping[str, Kept]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("drill", no_wrap=True)
    table.add_column("holds")
    for column in columns:
        table.add_column(column.title, overflow="fold", justify="right")
    table.add_row("expected", "yes", *(column.expected for column in columns), style="italic", end_section=True)
    for drill in drills:
        kept = rows.get(drill)
        cells = [column.tell(kept.figures) for column in columns] if kept else [""] * len(columns)
        table.add_row(drill, _verdict(kept), *cells)
    return table


def markdown(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Lines of cells below their headings."""
    rows = [heads, ["---"] * len(heads), *lines]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)


def _verdict(kept: Kept | None) -> str:
    if kept is None:
        return "[yellow]not run"
    return "[green]yes" if kept.holds else f"[red]NO, {len(kept.findings)} wrong"
