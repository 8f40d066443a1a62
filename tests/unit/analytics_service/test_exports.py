"""The formats of exports: the same rows in each, read a batch at a time."""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_service.domain.covered import Watermark
from analytics_service.exports import FORMATS, About, Content
from analytics_service.exports.content import in_batches, schema_of
from analytics_service.exports.parquet import ABOUT, GROUP_ROWS
from analytics_service.filters import Selection
from analytics_service.reports.columns import COLUMNS as COLUMNS_OF
from analytics_service.reports.columns import Column
from contracts.moments import rfc3339
from tests.unit.analytics_service.lakes import NOON

COLUMNS = (
    Column("account", "text", "an account's id"),
    Column("amount", "integer", "how much"),
    Column("start", "moment", "the first moment"),
    Column("posted", "integer", "how many"),
)
NAMES = [column.name for column in COLUMNS]
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001 - made one of UTC
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)
)
WHOLE = st.none() | st.integers(-(2**63), 2**63 - 1)
TEXTS = st.none() | st.text("ab=+-@\t\r\n\"',;<&é€😀 ", min_size=1, max_size=5)
ROWS = st.lists(
    st.fixed_dictionaries({"account": TEXTS, "amount": WHOLE, "start": st.none() | MOMENTS, "posted": WHOLE})
)
ABOUT_NOON = About("own", {"currency": ["EUR"], "from": NOON}, Watermark(7, NOON), NOON + timedelta(hours=1))


def content(rows, batches=None):
    made = in_batches(COLUMNS, rows) if batches is None else batches
    return Content("totals", "Totals", COLUMNS, made, ABOUT_NOON)


def written(format, rows):
    return b"".join(FORMATS[format].chunks(content(rows)))


def told(rows):
    """As JSON has them."""
    return [{**row, "start": row["start"] and rfc3339(row["start"])} for row in rows]


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_json_lines_are_a_row_each(rows):
    assert [json.loads(line) for line in written("jsonl", rows).splitlines()] == told(rows)


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_json_is_one_object_that_says_where_it_comes_from(rows):
    assert json.loads(written("json", rows)) == {
        "report": "totals",
        "figures_of": "own",
        "filter": {"currency": ["EUR"], "from": "2026-01-02T12:00:00.000Z"},
        "complete_from": None,
        "complete_upto": {"position": 7, "occurred_at": "2026-01-02T12:00:00.000Z"},
        "made_at": "2026-01-02T13:00:00.000Z",
        "columns": NAMES,
        "rows": told(rows),
    }


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_csv_has_the_rows_with_formulas_made_harmless(rows):
    def cell(value):
        text = "" if value is None else str(value)
        runs = isinstance(value, str) and text[0] in "=+-@\t\r\n"
        return f"'{text}" if runs else text

    lines = csv.reader(io.StringIO(written("csv", rows).decode(), newline=""))
    assert list(lines) == [NAMES, *([cell(row[name]) for name in NAMES] for row in told(rows))]


@given(ROWS)
@settings(max_examples=40, deadline=None)
def test_parquet_has_typed_columns_and_says_where_it_comes_from(rows):
    file = pq.ParquetFile(io.BytesIO(written("parquet", rows)))
    assert file.schema_arrow.types == [pa.string(), pa.int64(), pa.timestamp("ms", "UTC"), pa.int64()]
    assert file.read().to_pylist() == rows
    assert json.loads(file.schema_arrow.metadata[ABOUT])["complete_upto"]["position"] == 7
    assert file.schema_arrow.field("amount").metadata[b"kind"] == b"integer"


def test_parquet_is_written_in_row_groups():
    rows = [{"account": "a", "amount": n, "start": NOON, "posted": 1} for n in range(GROUP_ROWS + 1)]
    file = pq.ParquetFile(io.BytesIO(written("parquet", rows)))
    assert (file.num_row_groups, file.metadata.num_rows) == (2, GROUP_ROWS + 1)


HOSTILE = """</script><script>alert(1)</script><img src=x onerror=alert(1)>'"&{{ 7 * 7 }}"""


def stands_alone(**changes):
    about = replace(ABOUT_NOON, filter={"text": HOSTILE, "from": NOON, "currency": ["EUR"]})
    rows = [{"currency": "EUR", "account": HOSTILE, "transfers": 1, "amount": 1250, "type": "payment"}]
    columns = [COLUMNS_OF[name] for name in ("currency", "type", "account", "transfers", "amount")]
    given = {"batches": in_batches(columns, rows), "drawn": rows, **changes}
    made = Content("top_payees", HOSTILE, columns, about=about, selection=Selection(type=("payment",)), **given)
    return b"".join(FORMATS["html"].chunks(made)).decode()


def test_a_page_that_stands_alone_runs_nothing_that_came_with_the_figures():
    text = stands_alone()
    assert "alert(1)</script>" not in text
    assert "<img" not in text
    assert "49" not in re.sub(r"<(script|style).*?</\1>", "", text, flags=re.S)
    assert text.count("<script") == 3, "the chart's figures, Plotly, and what draws"
    assert "&lt;/script&gt;" in text


def test_a_page_that_stands_alone_needs_no_network_and_names_each_script_by_its_hash():
    text = stands_alone()
    assert re.findall(r'(?:src|href)="', re.sub(r"<(script|style).*?</\1>", "", text, flags=re.S)) == []
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1])
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    for kind, code in re.findall(r"<(script|style)(?: id=[^>]*)?>(.*?)</\1>", text, re.S):
        assert base64.b64encode(sha256(code.encode()).digest()).decode() in policy, kind


def test_a_page_that_stands_alone_says_where_its_figures_come_from():
    text = re.sub(r"<(script|style).*?</\1>", "", stands_alone(), flags=re.S)
    for said in (
        "One's own",
        "from Jan 2, 2026, 12:00:00 UTC",
        '<data id="complete-upto" value="7">',
    ):
        assert said in text
    assert '<data value="1250">€12.50</data>' in text


def test_a_page_without_charts_has_no_script():
    assert "<script" not in stands_alone(drawn=())


class CountedBatches:
    """Batches that are made as they are read; `most` is how many of them were held at once."""

    def __init__(self, count, rows):
        self._count, self._rows = count, rows
        self.most = 0

    def __iter__(self):
        before = pa.total_allocated_bytes()
        size = self._batch().nbytes
        for _ in range(self._count):
            batch = self._batch()
            self.most = max(self.most, (pa.total_allocated_bytes() - before) // size)
            yield batch

    def _batch(self):
        columns = [pa.array(["account"] * self._rows), pa.array(range(self._rows)), pa.nulls(self._rows, "int64")]
        columns.insert(2, pa.nulls(self._rows, pa.timestamp("ms", "UTC")))
        return pa.RecordBatch.from_arrays(columns, schema=schema_of(COLUMNS))


@pytest.mark.parametrize("format", FORMATS)
def test_no_format_ever_holds_more_than_a_few_batches(format):
    batches = CountedBatches(count=10 if format == "html" else 200, rows=4_096)
    chunks = FORMATS[format].chunks(content([], batches))
    largest = max(map(len, chunks))
    assert 1 <= batches.most <= (3 * GROUP_ROWS // 4_096 if format == "parquet" else 4)
    assert largest < 4_096 * 400 if format != "html" else largest < 10**7
