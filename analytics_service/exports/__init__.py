"""The formats in which figures and transfers leave the service: the same rows in each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from analytics_service.exports.content import About, Content, FiguresOf
from analytics_service.exports.html import html
from analytics_service.exports.lines import csv, json, json_lines
from analytics_service.exports.parquet import parquet
from service_kit.csv_lines import MEDIA_TYPE as CSV

__all__ = ["FORMATS", "About", "Content", "FiguresOf", "Format"]


@dataclass(frozen=True)
class Format:
    """A way of writing; `name` is the file's ending, too. `chunks` makes the file's bytes as the content is read."""

    name: str
    title: str
    media_type: str
    chunks: Callable[[Content], Iterator[bytes]]


FORMATS: Mapping[str, Format] = {
    format.name: format
    for format in (
        Format("json", "JSON", "application/json", json),
        Format("csv", "CSV", CSV, csv),
        Format("jsonl", "JSON Lines", "application/jsonl", json_lines),
        Format("parquet", "Parquet", "application/vnd.apache.parquet", parquet),
        Format("html", "HTML page", "text/html; charset=utf-8", html),
    )
}
"""By name."""
