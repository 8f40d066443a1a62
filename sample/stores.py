"""Where a sample goes besides the folder: the lake's manifest and, where it is small, the ledger; both empty before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.write_concern import WriteConcern

from analytics_service.domain.covered import Covered
from analytics_service.domain.rollups import start_of
from analytics_service.lake.folder import LakeFolder
from analytics_service.ports import Batch
from analytics_service.rolling_up import rollups_of
from analytics_service.storage.collections import Collections as LakeCollections
from analytics_service.storage.manifest import MongoManifest
from analytics_service.wiring.parts import new_id
from sample.deciding import Decided, Ledger
from sample.making import Sample
from service_kit import mongo
from transaction_service.storage.collections import CURSOR_ID, LEASE_ID, Collections, Document
from transaction_service.storage.documents import (
    account_document,
    journal_document,
    paid_document,
    transfer_document,
)

EPOCH = 1
CHUNK = 1_000
MINUTES_KEPT = timedelta(hours=48)


class NotEmptyError(Exception):
    """There is something already: a sample is never mixed with what others have written."""


def require_empty_folder(lake: Path) -> None:
    """Raises NotEmptyError where a file of a lake lies there, whether a manifest names it or not."""
    first = next(lake.glob("date=*"), None)
    if first is not None:
        raise NotEmptyError(f"the lake in {lake} is not empty: it has {first.name}")


class LakeStore:
    """The manifest of the analytics service's database."""

    def __init__(self, url: SecretStr) -> None:
        self._collections = LakeCollections(mongo.connect(url.get_secret_value(), "sample"))
        self._collections.set_up()
        self._manifest = MongoManifest(self._collections)

    def close(self) -> None:
        """Hang up."""
        self._collections.client.close()

    def require_empty(self) -> None:
        """Raises NotEmptyError where the manifest names anything."""
        lake = self._manifest.snapshot()
        if lake.files or lake.covered.to_list():
            raise NotEmptyError(
                f"the manifest is not empty: it covers positions up to {lake.covered.watermark.position:,}"
            )

    def commit(self, sample: Sample, lake: Path) -> None:
        """Name the files, as one commit with their rollups; of minutes only what an ingester would keep."""
        covered = Covered([(1, sample.head, sample.last_at)])
        self._manifest.forget_minutes(start_of("hour", sample.last_at - MINUTES_KEPT))
        batch = Batch(sample.files, rollups_of(LakeFolder(lake, new_id), sample.files), {}, sample.last_at)
        self._manifest.commit(self._manifest.state(), covered, batch)


@dataclass
class LedgerStore:
    """The ledger's database. Handed to the processes that decide: each connects by itself."""

    url: SecretStr
    _connected: Collections | None = field(default=None, init=False, repr=False)

    def require_empty(self) -> None:
        """Set the ledger up; raises NotEmptyError where it has a record, or had one."""
        with self._connect() as client:
            collections = Collections(client)
            collections.set_up()
            control = collections.control.find_one({"_id": LEASE_ID})
            if collections.journal.find_one({}) is not None or control is None or control["head"]:
                raise NotEmptyError("the ledger is not empty: its journal has records")

    def keep(self, ledger: Ledger, block: list[Decided]) -> None:
        """Append a block to the journal; after the last one, what the journal leads to."""
        if self._connected is None:
            self._connected = Collections(self._connect())
        if block:
            records = [journal_document(each.record, EPOCH) for each in block]
            journal = self._connected.journal.with_options(write_concern=WriteConcern(w=1))
            journal.insert_many(records, ordered=False)
            return
        _insert(self._connected, "accounts", [account_document(each) for each in ledger.accounts])
        _insert(self._connected, "paid", [paid_document(each) for each in ledger.paid])
        _insert(self._connected, "transfers", [transfer_document(each) for each in ledger.transfers])

    def finish(self, head: int) -> None:
        """Make it the ledger's history: the next position follows it, and the relay has nothing of it to publish."""
        with self._connect() as client:
            control = Collections(client).control
            control.update_one({"_id": LEASE_ID}, {"$set": {"head": head, "epoch": EPOCH}})
            control.update_one({"_id": CURSOR_ID}, {"$set": {"position": head}})

    def _connect(self) -> MongoClient[Document]:
        return mongo.connect(self.url.get_secret_value(), "sample")


def _insert(collections: Collections, name: str, documents: Sequence[Document]) -> None:
    for first in range(0, len(documents), CHUNK):
        collections.database[name].insert_many(documents[first : first + CHUNK], ordered=False)
