"""Rollups in MongoDB: a document per period, whose cells are added to by `$inc`.

Amounts are Decimal128, exact up to 34 digits: sums of 64-bit integers need more than 64 bits, and `$inc` refuses to
pass them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from bson.decimal128 import Decimal128
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from analytics_service.domain.covered import Covered
from analytics_service.domain.rollups import Bucket, Cell, Span, Sums
from analytics_service.ports import NotSetUpError, RolledUp, RollupsNotFilledError
from analytics_service.storage.collections import STATE_ID, Collections, Document

_BETWEEN = "/"
"""Stands in no code, and may stand in a field's name."""
_DIGIT_BITS, _EXPONENT_0 = 113, 6176
_DIGITS = 2**_DIGIT_BITS - 1


class MongoRollups:
    """See `ports.Rollups`."""

    def __init__(self, collections: Collections, name: str = STATE_ID) -> None:
        """`name` as MongoManifest has it."""
        self._name = name
        self._client = collections.client
        self._rollups = collections.rollups
        self._state = collections.state

    def read(self, spans: Sequence[Span]) -> RolledUp:
        with self._client.start_session(snapshot=True) as session:
            state = self._state.find_one({"_id": self._name}, session=session)
            if state is None:
                raise NotSetUpError("the lake has no state: run `python -m analytics_service.set_up` first")
            if not state["rolled_up"]:
                raise RollupsNotFilledError("the rollups of this lake have not been filled yet")
            buckets = [bucket for span in spans for bucket in self._of(span, state["generation"], session)]
        return RolledUp(buckets, Covered(state["stretches"]).watermark, state["minutes_from"])

    def count(self) -> int:
        return self._rollups.estimated_document_count()

    def _of(self, span: Span, generation: int, session: ClientSession) -> Iterable[Bucket]:
        bounds = {"$gte": span.from_, "$lt": span.to}
        starts = {name: bound for name, bound in bounds.items() if bound is not None}
        wanted: Document = {"generation": generation, "unit": span.unit} | ({"start": starts} if starts else {})
        return map(_bucket, self._rollups.find(wanted, session=session).sort("start"))


def additions(buckets: Iterable[Bucket], generation: int) -> list[UpdateOne]:
    """What adds the buckets to those that there are of a generation."""
    return [
        UpdateOne(
            {"generation": generation, "unit": bucket.unit, "start": bucket.start},
            {"$inc": {name: value for cell, sums in bucket.cells.items() for name, value in _sums(cell, sums)}},
            upsert=True,
        )
        for bucket in buckets
    ]


def _sums(cell: Cell, sums: Sums) -> Iterable[tuple[str, int | Decimal128]]:
    name = f"cells.{_BETWEEN.join(part or '' for part in cell)}"
    return ((f"{name}.records", sums.records), (f"{name}.amount", Decimal128(str(sums.amount))))


def _bucket(document: Document) -> Bucket:
    cells = {_cell(name): Sums(s["records"], _whole(s["amount"])) for name, s in document["cells"].items()}
    return Bucket(document["unit"], document["start"], cells)


def _whole(number: Decimal128) -> int:
    """The integer that it is.

    A sum of integers has the exponent 0, and then its lowest 113 bits are the integer (IEEE 754-2008, 3.5.2: the
    binary encoding); to take them is ten times as fast as by way of a Decimal, and an overview reads hundreds.
    """
    bits = int.from_bytes(number.bid, "little")
    return bits & _DIGITS if bits >> _DIGIT_BITS == _EXPONENT_0 else int(number.to_decimal())


@lru_cache(maxsize=1000)
def _cell(name: str) -> Cell:
    currency, type_, status, reason, origin = name.split(_BETWEEN)
    return Cell(currency, type_, status, reason or None, origin or None)
