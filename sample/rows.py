"""Records as the lake's columns, without JSON between: what the ingester makes of the same events, and tests say so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from analytics_service.lake.schema import LAKE, PAYEE, TIME
from contracts.ledger_chain import WORLD
from transaction_service.domain import Record

_OF_ACCOUNT = ("user_id", "currency", "purpose", "origin")
_OF_TRANSFER = ("original", "type", "status", "reason", "amount", "currency")
_OF_PAYEE = ("account", "user_id", "amount", "balance_after", "origin")
_COLUMNS = [name for name in LAKE.names if name not in ("payees", "consumed_at", "committed_at")]


class Rows:
    """Collects records and gives them as a table."""

    def __init__(self) -> None:
        self._clear()

    def __len__(self) -> int:
        return len(self._columns["position"])

    def add(self, record: Record) -> None:
        event = record.event
        columns = self._columns
        columns["position"].append(record.position)
        columns["event_id"].append(record.command_id)
        columns["kind"].append(event["type"])
        columns["occurred_at"].append(record.at)
        transfer = event.get("transfer")
        if transfer is None:
            self._account(event["account"])
        else:
            self._transfer(transfer)
        self._ends.append(len(self._payees["account"]))

    def table(self) -> pa.Table:
        """The rows so far, which are forgotten then."""
        arrays = {name: pa.array(values, LAKE.field(name).type) for name, values in self._columns.items()}
        structs = pa.StructArray.from_arrays(
            [pa.array(values, PAYEE.field(name).type) for name, values in self._payees.items()], fields=list(PAYEE)
        )
        arrays["payees"] = pa.ListArray.from_arrays(pa.array(self._ends, pa.int32()), structs)
        # Nobody consumed them: they are told at the moment when they were decided.
        arrays["consumed_at"] = arrays["occurred_at"]
        arrays["committed_at"] = pa.nulls(len(self), TIME)
        table = pa.Table.from_arrays([arrays[name] for name in LAKE.names], schema=LAKE)
        self._clear()
        return table

    def _clear(self) -> None:
        self._columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
        self._payees: dict[str, list[Any]] = {name: [] for name in _OF_PAYEE}
        self._ends = [0]

    def _account(self, account: Mapping[str, Any]) -> None:
        columns = self._columns
        columns["account"].append(account["id"])
        for name in _OF_ACCOUNT:
            columns[name].append(account[name])
        for name in _NOT_OF_ACCOUNT:
            columns[name].append(None)

    def _transfer(self, transfer: Mapping[str, Any]) -> None:
        columns, payees = self._columns, self._payees
        payer, paid = transfer["payer"], transfer["payees"]
        columns["transfer_id"].append(transfer["id"])
        for name in _OF_TRANSFER:
            columns[name].append(transfer[name])
        expires_at = transfer["expires_at"]
        columns["expires_at"].append(None if expires_at is None else datetime.fromisoformat(expires_at))
        columns["payer_account"].append(payer["account"])
        columns["payer_user_id"].append(payer["user_id"])
        columns["payer_balance_after"].append(payer["balance_after"])
        columns["origin"].append(paid[0]["origin"] if payer["origin"] == WORLD else payer["origin"])
        for payee in paid:
            for name in _OF_PAYEE:
                payees[name].append(payee[name])
        for name in _NOT_OF_TRANSFER:
            columns[name].append(None)


_SHARED = {"position", "event_id", "kind", "occurred_at"}
_NOT_OF_ACCOUNT = [name for name in _COLUMNS if name not in {*_SHARED, *_OF_ACCOUNT, "account"}]
_TOLD_OF_TRANSFER = {
    *_OF_TRANSFER,
    "transfer_id",
    "expires_at",
    "payer_account",
    "payer_user_id",
    "payer_balance_after",
    "origin",
}
_NOT_OF_TRANSFER = [name for name in _COLUMNS if name not in _SHARED | _TOLD_OF_TRANSFER]
