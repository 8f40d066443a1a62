"""From files to legs: only the columns that are asked for, only the rows that pass the filter."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics_service.filters import Selection
from analytics_service.lake.records import read_records
from analytics_service.lake.schema import LAKE, LEGS

_OF_PAYEE = {"payee_account": "account", "payee_user_id": "user_id", "payee_balance_after": "balance_after"}
_RECORD = "record"
"""Which record of the file a leg is of."""
_BALANCES = {"payer_balance_after", "payee_balance_after"}
_DERIVED = {"amount", "direction", "counted", "counted_by_direction", *_OF_PAYEE}
_TEXTS = (
    "event_id",
    "transfer_id",
    "original",
    "payer_account",
    "payee_account",
    "type",
    "status",
    "reason",
    "origin",
    "currency",
)
"""The columns that the filter `text` looks into: every text of a row that is shown."""
CODES = ("currency", "type", "status", "reason", "origin")
"""The texts of which there are few. Every file of the lake has these columns."""
_CODE = pa.dictionary(pa.int32(), pa.string())
_PARTIES = {"payer_account", "payer_user_id", "type", "expires_at", "payee_account", "payee_user_id"}
_ATTEMPTS = ("capture", "void")
"""Types of refused attempts at a hold: what is done has the type of the hold."""


def read_legs(path: Path, selection: Selection, columns: Collection[str], encoded: bool = False) -> pa.Table:
    """The selected legs of one file, with `columns` of LEGS, in order of position.

    With `encoded` the texts of CODES are numbers of a dictionary's, which are quicker to read and to compare.
    """
    wanted = {*columns, "status"} | _asked_about(selection)
    if "transfer_id" in wanted:
        wanted.add("event_id")
    stored = [name for name in LAKE.names if name in wanted - _DERIVED]
    of_payees = ["amount", *(field for name, field in _OF_PAYEE.items() if name in wanted)]
    legs = _exploded(read_records(path, selection, stored, of_payees, CODES if encoded else ()), wanted)
    if "transfer_id" in wanted:
        legs = _with_transfer_ids(legs)
    masks = list(_masks(legs, selection))
    if masks:
        legs = legs.filter(reduce(pc.and_, masks))
    for name in _BALANCES.intersection(columns):
        # An empty one would make the column one of floats, which aren't exact.
        legs = legs.set_column(legs.schema.get_field_index(name), name, pc.fill_null(legs[name], 0))
    if "direction" in columns:
        legs = legs.append_column("direction", _direction(legs, selection.user_id))
    if "counted" in columns:
        legs = legs.append_column("counted", _counted(legs))
    if "counted_by_direction" in columns:
        legs = legs.append_column("counted_by_direction", _counted_by_direction(legs, selection.user_id))
    empty = no_legs(columns, encoded)
    return legs.select(empty.column_names).cast(empty.schema)


def no_legs(columns: Collection[str], encoded: bool = False) -> pa.Table:
    """As `read_legs` of nothing."""
    fields = [field for field in LEGS if field.name in columns]
    if encoded:
        fields = [field.with_type(_CODE) if field.name in CODES else field for field in fields]
    return pa.schema(fields).empty_table()


def read_event(path: Path, position: int) -> dict[str, Any] | None:
    """The id and times of the event at `position`; None where this file hasn't got it."""
    columns = ["event_id", "consumed_at", "committed_at"]
    condition = pc.field("position") == position
    found = pq.read_table(path, columns=columns, filters=condition, schema=LAKE, partitioning=None)
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows[0] if rows else None


def count_rows(path: Path, after: int, upto: int) -> int:
    """How many rows of one file have a position above `after` and not above `upto`."""
    condition = (pc.field("position") > after) & (pc.field("position") <= upto)
    table = pq.read_table(path, columns=["position"], filters=condition, schema=LAKE, partitioning=None)
    return int(table.num_rows)


def _exploded(table: pa.Table, wanted: Collection[str]) -> pa.Table:
    payees = table["payees"].combine_chunks()
    payee, parents = pc.list_flatten(payees), pc.list_parent_indices(payees)
    legs = table.drop_columns(["payees"])
    # Most transfers have one payee, and to copy what stays as it is takes as long as to read it.
    if not np.array_equal(parents, np.arange(table.num_rows)):
        legs = legs.take(parents)
    legs = legs.append_column(_RECORD, parents)
    for name, field in _OF_PAYEE.items():
        if name in wanted:
            legs = legs.append_column(name, pc.struct_field(payee, field))
    return legs.append_column("amount", pc.struct_field(payee, "amount"))


def _asked_about(selection: Selection) -> set[str]:
    """The columns of legs by which they are chosen, beside those of `pushed_down`."""
    columns = set(_PARTIES) if selection.names_a_party else set()
    return columns | (set(_TEXTS) if selection.text is not None else set())


def _masks(legs: pa.Table, selection: Selection) -> Iterator[pa.ChunkedArray]:
    """What only the legs can tell: who the parties are, what each payee's part is, and what is written in them."""
    if selection.user_id is not None:
        received = pc.and_(_is(legs, "payee_user_id", selection.user_id), _payee_is_told(legs))
        paid = pc.and_(_is(legs, "payer_user_id", selection.user_id), _payer_is_told(legs))
        yield pc.or_(paid, received)
    if selection.account is not None:
        yield pc.or_(_is(legs, "payer_account", selection.account), _is(legs, "payee_account", selection.account))
    if selection.counterparty is not None:
        yield pc.or_(_faces(legs, "payer", "payee", selection), _faces(legs, "payee", "payer", selection))
    if selection.amount_min is not None:
        yield pc.greater_equal(legs["amount"], selection.amount_min)
    if selection.amount_max is not None:
        yield pc.less_equal(legs["amount"], selection.amount_max)
    if selection.text is not None:
        needle = _lowered(selection.text)
        found = (pc.match_substring(pc.ascii_lower(legs[name].cast(pa.string())), needle) for name in _TEXTS)
        yield reduce(pc.or_, (pc.fill_null(each, False) for each in found))


def _faces(legs: pa.Table, side: str, other: str, selection: Selection) -> pa.ChunkedArray:
    """Whether the counterparty is at `other`, seen from who asks, whom the filter puts at `side`."""
    wanted = str(selection.counterparty)
    there = pc.or_(_is(legs, f"{other}_account", wanted), _is(legs, f"{other}_user_id", wanted))
    if selection.account is not None:
        return pc.and_(there, _is(legs, f"{side}_account", selection.account))
    if selection.user_id is not None:
        return pc.and_(there, _is(legs, f"{side}_user_id", selection.user_id))
    return there


def _lowered(text: str) -> str:
    """ASCII alone, as it is done to the columns: all that they hold are ids and codes."""
    return text.encode().lower().decode()


def _payee_is_told(legs: pa.Table) -> pa.ChunkedArray:
    """A payee knows of what was paid and of holds, from beginning to end; not of what was refused or only planned."""
    return pc.or_(_is(legs, "status", "posted"), pc.is_valid(legs["expires_at"]))


def _payer_is_told(legs: pa.Table) -> pa.ChunkedArray:
    """A payer knows of everything but what others tried on their hold in vain, however often."""
    return pc.invert(reduce(pc.or_, (_is(legs, "type", attempt) for attempt in _ATTEMPTS)))


def _with_transfer_ids(legs: pa.Table) -> pa.Table:
    """Files from before transfers had several records name the event alone, whose id was the transfer's."""
    at = legs.schema.get_field_index("transfer_id")
    return legs.set_column(at, "transfer_id", pc.coalesce(legs["transfer_id"], legs["event_id"]))


def _direction(legs: pa.Table, user_id: str | None) -> pa.Array:
    if user_id is None:
        return pa.repeat("all", legs.num_rows)
    pays, gets = _is(legs, "payer_user_id", user_id), _is(legs, "payee_user_id", user_id)
    return pc.if_else(pc.and_(pays, gets), "own", pc.if_else(pays, "out", "in"))


def _counted(legs: pa.Table) -> pa.Array:
    records = legs[_RECORD].to_numpy()
    first = np.ones(len(records), dtype=np.int64)
    # The legs of a record stand side by side.
    first[1:] = records[1:] != records[:-1]
    return pa.array(first)


def _counted_by_direction(legs: pa.Table, user_id: str | None) -> pa.Array:
    if user_id is None:
        return _counted(legs)
    ways = pa.table({"record": legs[_RECORD], "direction": _direction(legs, user_id)})
    return pa.array(1 - ways.to_pandas().duplicated().to_numpy(dtype=np.int64))


def _is(legs: pa.Table, column: str, value: str) -> pa.ChunkedArray:
    return pc.fill_null(pc.equal(legs[column], value), False)
