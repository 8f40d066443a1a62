"""Exports that are text: CSV, JSON Lines, and the JSON that the API answers with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from analytics_service.exports.content import Content, rows_of
from analytics_service.presentation import complete, told
from service_kit.csv_lines import csv_lines

_LINE = orjson.OPT_APPEND_NEWLINE


def csv(content: Content) -> Iterator[bytes]:
    """RFC 4180 with a header; a text that a spreadsheet would run begins with an apostrophe."""
    yield b"".join(csv_lines(content.names, ()))
    for batch in content.batches:
        lines = csv_lines(content.names, rows_of(batch))
        next(lines)  # the header, once more
        yield b"".join(lines)


def json_lines(content: Content) -> Iterator[bytes]:
    """An object a line. There is no place in it for where the figures come from: the answer's headers say it."""
    for batch in content.batches:
        yield b"".join(orjson.dumps(row, option=_LINE) for row in rows_of(batch))


def json(content: Content) -> Iterator[bytes]:
    """One object, its rows last, a row a line."""
    head = orjson.dumps({"report": content.name, **about(content), "columns": content.names})
    yield head[:-1] + b',"rows":['
    before = b"\n"
    for batch in content.batches:
        rows = rows_of(batch)
        if rows:
            yield before + b",\n".join(map(orjson.dumps, rows))
            before = b",\n"
    yield b"\n]}\n"


def about(content: Content) -> dict[str, Any]:
    """What an export says of itself; times are RFC 3339."""
    said: dict[str, Any] = told(
        {
            "figures_of": content.about.figures_of,
            "filter": content.about.filter,
            **complete(content.about.complete_upto),
            "made_at": content.about.made_at,
        }
    )
    return said
