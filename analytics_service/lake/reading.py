"""From files to legs: only the columns that are asked for, only the rows that pass the filter."""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics_service.filters import Selection
from analytics_service.lake.schema import LAKE, LEGS, TIME

_OF_PAYEE = {"payee_account": "account", "payee_user_id": "user_id", "payee_balance_after": "balance_after"}
_BALANCES = {"payer_balance_after", "payee_balance_after"}
_DERIVED = {"amount", "direction", "counted", "counted_by_direction", *_OF_PAYEE}
_PARTIES = {"payer_account", "payer_user_id", "expires_at", "payee_account", "payee_user_id"}


def read_legs(path: Path, selection: Selection, columns: Collection[str]) -> pa.Table:
    """The selected legs of one file, with `columns` of LEGS, in order of position."""
    wanted = {*columns, "position", "status"} | (_PARTIES if selection.names_a_party else set())
    if "transfer_id" in columns:
        wanted.add("event_id")
    stored = [name for name in LAKE.names if name in wanted - _DERIVED]
    table = pq.read_table(
        path, columns=[*stored, "payees"], filters=_condition(selection), schema=LAKE, partitioning=None
    )
    legs = _exploded(table, wanted)
    if selection.names_a_party:
        legs = legs.filter(_is_party(legs, selection))
    if "transfer_id" in columns:
        legs = _with_transfer_ids(legs)
    for name in _BALANCES.intersection(columns):
        # An empty one would make the column one of floats, which aren't exact.
        legs = legs.set_column(legs.schema.get_field_index(name), name, pc.fill_null(legs[name], 0))
    if "direction" in columns:
        legs = legs.append_column("direction", _direction(legs, selection.user_id))
    if "counted" in columns:
        legs = legs.append_column("counted", _counted(legs))
    if "counted_by_direction" in columns:
        legs = legs.append_column("counted_by_direction", _counted_by_direction(legs, selection.user_id))
    empty = no_legs(columns)
    return legs.select(empty.column_names).cast(empty.schema)


def no_legs(columns: Collection[str]) -> pa.Table:
    """As `read_legs` of nothing."""
    return pa.schema([field for field in LEGS if field.name in columns]).empty_table()


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


def _condition(selection: Selection) -> pc.Expression:
    # What happened to an account has none.
    terms = [pc.field("type").is_valid()]
    for name in ("currency", "type", "status", "reason", "origin"):
        value = getattr(selection, name)
        if value is not None:
            terms.append(pc.field(name) == value)
    if selection.from_ is not None:
        terms.append(pc.field("occurred_at") >= pa.scalar(selection.from_, TIME))
    if selection.to is not None:
        terms.append(pc.field("occurred_at") < pa.scalar(selection.to, TIME))
    if selection.after is not None:
        terms.append(pc.field("position") > selection.after)
    if selection.upto is not None:
        terms.append(pc.field("position") <= selection.upto)
    return reduce(and_, terms)


def _exploded(table: pa.Table, wanted: Collection[str]) -> pa.Table:
    payees = table["payees"].combine_chunks()
    payee = pc.list_flatten(payees)
    legs = table.drop_columns(["payees"]).take(pc.list_parent_indices(payees))
    for name, field in _OF_PAYEE.items():
        if name in wanted:
            legs = legs.append_column(name, pc.struct_field(payee, field))
    return legs.append_column("amount", pc.struct_field(payee, "amount"))


def _is_party(legs: pa.Table, selection: Selection) -> pa.ChunkedArray:
    terms = []
    if selection.user_id is not None:
        received = pc.and_(_is(legs, "payee_user_id", selection.user_id), _payee_is_told(legs))
        terms.append(pc.or_(_is(legs, "payer_user_id", selection.user_id), received))
    if selection.account is not None:
        terms.append(
            pc.or_(_is(legs, "payer_account", selection.account), _is(legs, "payee_account", selection.account))
        )
    return reduce(pc.and_, terms)


def _payee_is_told(legs: pa.Table) -> pa.ChunkedArray:
    """A payee knows of what was paid and of holds, from beginning to end; not of what was refused or only planned."""
    return pc.or_(_is(legs, "status", "posted"), pc.is_valid(legs["expires_at"]))


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
    positions = legs["position"].to_numpy()
    first = np.ones(len(positions), dtype=np.int64)
    # The legs of a record stand side by side.
    first[1:] = positions[1:] != positions[:-1]
    return pa.array(first)


def _counted_by_direction(legs: pa.Table, user_id: str | None) -> pa.Array:
    if user_id is None:
        return _counted(legs)
    ways = pa.table({"position": legs["position"], "direction": _direction(legs, user_id)})
    return pa.array(1 - ways.to_pandas().duplicated().to_numpy(dtype=np.int64))


def _is(legs: pa.Table, column: str, value: str) -> pa.ChunkedArray:
    return pc.fill_null(pc.equal(legs[column], value), False)
