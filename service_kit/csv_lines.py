"""CSV as RFC 4180 has it, with nothing in it that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from contracts.moments import rfc3339

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The header, then each row, as lines of UTF-8 that end in CRLF; nothing is empty."""
    yield _line(columns)
    for row in rows:
        yield _line([_cell(row[column]) for column in columns])


def _line(cells: Sequence[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


def _cell(value: Any) -> str | int | Decimal:
    """A text that a spreadsheet would take for a formula gets an apostrophe (OWASP, "CSV Injection")."""
    if value is None:
        return ""
    if isinstance(value, int | Decimal):
        return value
    text = rfc3339(value) if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text
