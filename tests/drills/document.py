"""The results in docs/drills.md and their chart, made from tests/drills/measured: `python -m tests.drills.document`
writes them; a test holds them together. The rest of that page is written by people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stack.layout import ROOT
from tests.drills.__main__ import DRILLS
from tests.drills.chart import chart
from tests.drills.kept import KEPT, Kept
from tests.drills.table import COLUMNS, NOT_COUNTED, besides, markdown

PAGE = ROOT / "docs" / "drills.md"
CHART = ROOT / "docs" / "images" / "drills.svg"
BEGIN, END = "<!-- results: written by make documents -->\n", "<!-- end of the results -->\n"
NEVER_RUN = "not run yet"
PICTURE = """![How long people waited in each drill, and when an alert named its fault](images/drills.svg)

Grey: before the fault, orange: until accepting was back, green: after that. The scale of the waits is logarithmic.
"""


def page() -> str:
    """The whole text, with the results as they are kept now."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    return before + BEGIN + results(kept()) + END + rest.split(END)[1]


def picture() -> str:
    """The chart of all that is kept."""
    return chart(list(kept().values()))


def kept() -> Mapping[str, Kept]:
    """The rows that are told of, in the order in which drills are run."""
    return {drill: row for drill in DRILLS if (row := Kept.read(KEPT, drill))}


def results(rows: Mapping[str, Kept]) -> str:
    """What stands between the marks."""
    return "\n".join(["", *_parts(rows), ""])


def _parts(rows: Mapping[str, Kept]) -> Iterator[str]:
    yield (
        f"Of {len(DRILLS)} drills {len(rows)} have a kept run. `{NOT_COUNTED}`: the drill doesn't count it; never: it "
        "did not come.\n"
    )
    heads = ["drill", *(column.title for column in COLUMNS), "holds"]
    expected = ["expected", *(column.expected for column in COLUMNS), "yes"]
    yield markdown(heads, [expected, *(_row(drill, rows.get(drill)) for drill in DRILLS)]) + "\n"
    if wrong := [f"- `{row.drill}`: {finding}" for row in rows.values() for finding in row.findings]:
        yield "What did not hold:\n"
        yield "\n".join(wrong) + "\n"
    if rows:
        yield PICTURE
        own = {row.drill: besides(row.figures) for row in rows.values()}
        if lines := [[f"`{drill}`", _listed(figures)] for drill, figures in own.items() if figures]:
            yield markdown(["drill", "what it measured besides"], lines) + "\n"
        yield markdown(["drill", "when (UTC)", "commit", "rounds", "took", "on"], map(_run, rows.values())) + "\n"


def _row(drill: str, row: Kept | None) -> list[str]:
    if row is None:
        return [f"`{drill}`", *[""] * len(COLUMNS), NEVER_RUN]
    holds = "yes" if row.holds else "**no**"
    return [f"`{drill}`", *(column.tell(row.figures) for column in COLUMNS), holds]


def _listed(figures: Mapping[str, str]) -> str:
    return ", ".join(f"`{name}` {figure}" for name, figure in figures.items())


def _run(row: Kept) -> list[str]:
    rounds = NOT_COUNTED if row.rounds is None else str(row.rounds)
    minutes = f"{row.seconds / 60:.1f} min"
    return [f"`{row.drill}`", row.ran_at[:16].replace("T", " "), row.revision, rounds, minutes, row.machine.told()]


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    if kept():
        CHART.write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main()
