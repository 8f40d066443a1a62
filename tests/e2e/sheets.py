"""The rows of a report as they are on a screen and in a file of each format, to be held against each other."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from playwright.sync_api import Browser, Locator, Page

_READ = """table => {
  const cells = (read) => Array.from(table.tBodies[0].rows, (row) => Array.from(row.querySelectorAll("data"), read));
  return {
    columns: Array.from(table.tHead.rows[0].cells, (cell) => cell.dataset.column),
    values: cells((cell) => cell.value),
    texts: cells((cell) => cell.textContent),
  };
}"""


@dataclass(frozen=True)
class Sheet:
    """Rows of cells: `values` are what programs read, `texts` what people read of the same cells."""

    columns: list[str]
    values: list[list[str]]
    texts: list[list[str]]

    def column(self, name: str) -> list[str]:
        """Its values, from top to bottom."""
        at = self.columns.index(name)
        return [row[at] for row in self.values]

    def rows(self) -> list[dict[str, str]]:
        """Each by the names of the columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.values]


def on_screen(table: Locator) -> Sheet:
    """What a table of a page shows."""
    return Sheet(**table.evaluate(_READ))


def to_the_end(page: Page) -> tuple[Sheet, list[int]]:
    """The report that a page shows, followed to its last row; and how many rows each of the pages had."""
    pages = [on_screen(page.locator("#rows"))]
    following = page.get_by_role("link", name="Next rows")
    while following.count():
        follow(following)
        pages.append(on_screen(page.locator("#rows")))
    values, texts = ([row for one in pages for row in getattr(one, kind)] for kind in ("values", "texts"))
    return Sheet(pages[0].columns, values, texts), [len(one.values) for one in pages]


def follow(link: Locator) -> None:
    """To the page that a link leads to, and all of it: what a page says is read while it still arrives otherwise."""
    with link.page.expect_navigation():
        link.click()


def downloaded(page: Page, link: Locator, folder: Path) -> Path:
    """The file that a click on the link saves, under the name that the service gives it."""
    with page.expect_download() as download:
        link.click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def rows_of(file: Path) -> list[dict[str, str]]:
    """Of a file for programs, by its ending."""
    rows: list[dict[str, Any]] = _READERS[file.suffix](file)
    return [{name: _as_text(value) for name, value in row.items()} for row in rows]


@contextmanager
def opened_alone(browser: Browser, file: Path) -> Iterator[Page]:
    """A saved page on a machine that has no network."""
    context = browser.new_context(offline=True, locale="en-GB")
    try:
        page = context.new_page()
        page.goto(file.as_uri())
        yield page
    finally:
        context.close()


def _csv(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _json(file: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(file.read_bytes())["rows"]
    return rows


def _json_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def _parquet(file: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(file).to_pylist()
    return rows


_READERS: Mapping[str, Callable[[Path], list[dict[str, Any]]]] = {
    ".csv": _csv,
    ".json": _json,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}


def _as_text(value: object) -> str:
    """As the screen has it: nothing for null, moments in UTC with milliseconds."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return "" if value is None else str(value)
