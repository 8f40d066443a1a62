"""The table of drills: one row a drill, kept in `.stack/drills.json` beside the others'."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """What one drill showed. Times are seconds from the fault; None where it never came."""

    name: str
    accepted: int
    lost: int
    doubled: int
    money_created: int
    alert: str | None
    alert_seconds: float | None
    recovery_seconds: float | None


def keep(path: Path, row: Row) -> None:
    """Replace the drill's own row; the others stay."""
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    rows = [other for other in rows if other["name"] != row.name] + [asdict(row)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(sorted(rows, key=lambda one: one["name"]), indent=2) + "\n", encoding="utf-8")


def show(console: Console, row: Row) -> None:
    """The row as a table of names and values."""
    table = Table(title=f"drill {row.name}", title_justify="left", show_header=False)
    for name, value in asdict(row).items():
        text = "never" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
        table.add_row(name, text)
    console.print(table)
