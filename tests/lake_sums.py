"""The lake, its rollups and the journal, each added up in plain Python from what it holds itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from analytics_service.domain.files import LakeFile
from analytics_service.domain.rollups import Span
from analytics_service.storage.collections import Collections
from analytics_service.storage.manifest import MongoManifest
from analytics_service.storage.rollups import MongoRollups
from bench.stacks import Platform
from service_kit import mongo

Key = tuple[str, str, str]
"""Currency, type and status of transfers."""


@dataclass
class Added:
    """How often each position is there, and the records and minor units of each currency, type and status."""

    positions: Counter[int] = field(default_factory=Counter)
    records: Counter[Key] = field(default_factory=Counter)
    amounts: Counter[Key] = field(default_factory=Counter)

    def add(self, key: Key, records: int, amount: int) -> None:
        self.records[key] += records
        self.amounts[key] += amount


def of_journal(events: Iterable[dict[str, Any]]) -> Added:
    """From the ledger's events."""
    added = Added()
    for event in events:
        added.positions[event["position"]] += 1
        if "transfer" in event:
            transfer = event["transfer"]
            parts = sum(payee["amount"] for payee in transfer["payees"])
            added.add((transfer["currency"], transfer["type"], transfer["status"]), 1, parts)
    return added


class StoredLake:
    """The lake of a stack, read from its files and collections, past the service that serves them."""

    def __init__(self, platform: Platform) -> None:
        environment = platform.stack.env("analytics-ingester")
        self._collections = Collections(mongo.connect(environment["MONGO_URL"], "tests"))
        self._root = Path(environment["LAKE_DIRECTORY"])

    def close(self) -> None:
        """Give the connection back."""
        self._collections.client.close()

    def upto(self) -> int:
        """The position up to which nothing is missing."""
        return MongoManifest(self._collections).state().covered.watermark.position

    def rolled_up(self) -> tuple[int, list[Added]] | None:
        """A position and the rollups of all that is in the lake up to it; None where a commit came between."""
        manifest = MongoManifest(self._collections)
        before, rollups = manifest.state(), self._rollups()
        is_one_moment = manifest.state().version == before.version and len(before.covered.to_list()) == 1
        return (before.covered.watermark.position, rollups) if is_one_moment else None

    def lose_the_newest_file(self) -> LakeFile:
        """Delete it, as a bad disk does; the file that is gone."""
        newest = max(MongoManifest(self._collections).snapshot().files, key=lambda file: file.last_position)
        (self._root / newest.path).unlink()
        return newest

    def rows(self, upto: int) -> Added:
        """From the rows of every file that the manifest names, as far as their position is not above `upto`."""
        added = Added()
        columns = ["position", "currency", "type", "status", "payees"]
        for file in MongoManifest(self._collections).snapshot().files:
            kept = [("position", "<=", upto)]
            table = pq.read_table(self._root / file.path, columns=columns, filters=kept, partitioning=None)
            for row in table.to_pylist():
                added.positions[row["position"]] += 1
                if row["type"] is not None:
                    parts = sum(payee["amount"] for payee in row["payees"])
                    added.add((row["currency"], row["type"], row["status"]), 1, parts)
        return added

    def _rollups(self) -> list[Added]:
        """From the rollups, by hour and by day; they know no positions."""
        found = []
        for unit in ("hour", "day"):
            added = Added()
            for bucket in MongoRollups(self._collections).read([Span(unit)]).buckets:
                for cell, sums in bucket.cells.items():
                    added.add((cell.currency, cell.type, cell.status), sums.records, sums.amount)
            found.append(added)
        return found


def differences(journal: Added, rows: Added, rollups: Iterable[Added]) -> list[str]:
    """A sentence for each figure that is not the journal's."""
    found = []
    missing, doubled = journal.positions - rows.positions, rows.positions - journal.positions
    if missing:
        found.append(f"{missing.total()} positions have no row, the first of them {min(missing)}")
    if doubled:
        found.append(f"{doubled.total()} rows are too many, the first of position {min(doubled)}")
    for name, added in (("rows", rows), *((f"rollups {n}", each) for n, each in enumerate(rollups))):
        for what in ("records", "amounts"):
            theirs, ours = getattr(journal, what), getattr(added, what)
            found += [
                f"{what} of {'/'.join(key)}: {theirs[key]} in the journal, {ours[key]} in the {name}"
                for key in sorted({*theirs, *ours})
                if theirs[key] != ours[key]
            ]
    return found
