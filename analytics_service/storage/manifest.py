"""The manifest in MongoDB: the one place that says what is in the lake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime

import pymongo
from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern

from analytics_service.domain.covered import Covered
from analytics_service.domain.files import LakeFile
from analytics_service.domain.rollups import Bucket
from analytics_service.ports import Batch, ConflictError, NotSetUpError, Snapshot, State
from analytics_service.storage.collections import STATE_ID, Collections, Document
from analytics_service.storage.rollups import additions
from service_kit.mongo import MAJORITY

TRANSACTION_SECONDS = 10.0
_FIELDS = tuple(field.name for field in fields(LakeFile) if field.name != "path")


class MongoManifest:
    """See `ports.Manifest`."""

    def __init__(self, collections: Collections) -> None:
        self._client = collections.client
        self._files = collections.files
        self._rollups = collections.rollups
        self._state = collections.state

    def state(self) -> State:
        document = self._state_document(None)
        covered = Covered(document["stretches"])
        return State(document["version"], covered, document["rolled_up"], document["minutes_from"])

    def commit(self, base: State, covered: Covered, batch: Batch) -> None:
        changes: Document = {
            "$set": {"stretches": covered.to_list(), "committed_at": batch.committed_at},
            # A topic that was read again from further back doesn't make the lake stand further back.
            "$max": {f"offsets.{partition}": offset for partition, offset in batch.offsets.items()},
        }
        files = [_document(file) for file in batch.files]
        rollups = additions(base.kept(batch.rollups)) if base.rolled_up else []

        def write(session: ClientSession) -> None:
            self._pass_on(base, changes, session)
            self._files.insert_many(files, session=session)
            if rollups:
                self._rollups.bulk_write(rollups, ordered=False, session=session)

        self._in_transaction(write)

    def fill_rollups(self, base: State, buckets: Sequence[Bucket]) -> None:
        rollups = additions(base.kept(buckets))

        def write(session: ClientSession) -> None:
            # First of all: a commit beside it waits for this document, and sees then that it has passed.
            self._pass_on(base, {"$set": {"rolled_up": True}}, session)
            if rollups:
                self._rollups.bulk_write(rollups, ordered=False, session=session)

        self._in_transaction(write)

    def forget_minutes(self, before: datetime) -> None:
        # In this order, so that no reader takes what is about to go for all that there was.
        self._state.update_one({"_id": STATE_ID}, {"$max": {"minutes_from": before}})
        self._rollups.delete_many({"unit": "minute", "start": {"$lt": before}})

    def _pass_on(self, base: State, changes: Document, session: ClientSession) -> None:
        """From the state `base` to the next; raises ConflictError where it has passed already."""
        now = {"_id": STATE_ID, "version": base.version}
        if self._state.update_one(now, changes | {"$inc": {"version": 1}}, session=session).matched_count != 1:
            raise ConflictError

    def replace(self, old: Sequence[LakeFile], new: LakeFile, now: datetime, sweeps: int) -> None:
        paths = [file.path for file in old]

        def write(session: ClientSession) -> None:
            # Written and not only read: a transaction that merely reads `sweeps` wouldn't meet a sweep beside it.
            unswept = {"_id": STATE_ID, "sweeps": sweeps}
            if self._state.update_one(unswept, {"$inc": {"merges": 1}}, session=session).matched_count != 1:
                raise ConflictError
            result = self._files.update_many(
                {"_id": {"$in": paths}, "retired_at": None}, {"$set": {"retired_at": now}}, session=session
            )
            if result.matched_count != len(paths):
                raise ConflictError
            self._files.insert_one(_document(new), session=session)

        self._in_transaction(write)

    def snapshot(self) -> Snapshot:
        with self._client.start_session(snapshot=True) as session:
            state = self._state_document(session)
            live = self._files.find({"retired_at": None}, session=session).sort("first_position")
            files = [_file(document) for document in live]
        return Snapshot(Covered(state["stretches"]), files, state["committed_at"], state["sweeps"])

    def fence(self) -> None:
        self._state.update_one({"_id": STATE_ID}, {"$inc": {"version": 1, "sweeps": 1}})

    def unknown(self, paths: Iterable[str]) -> list[str]:
        asked = list(paths)
        known = {document["_id"] for document in self._files.find({"_id": {"$in": asked}}, {"_id": 1})}
        return [path for path in asked if path not in known]

    def retired_before(self, moment: datetime) -> list[str]:
        return [document["_id"] for document in self._files.find({"retired_at": {"$lt": moment}}, {"_id": 1})]

    def forget(self, path: str) -> None:
        self._files.delete_one({"_id": path, "retired_at": {"$ne": None}})

    def _in_transaction(self, write: Callable[[ClientSession], None]) -> None:
        # The driver repeats what may be repeated: a conflict on the wire runs `write` again, which then sees it.
        with pymongo.timeout(TRANSACTION_SECONDS), self._client.start_session() as session:
            session.with_transaction(write, read_concern=ReadConcern("snapshot"), write_concern=MAJORITY)

    def _state_document(self, session: ClientSession | None) -> Document:
        document = self._state.find_one({"_id": STATE_ID}, session=session)
        if document is None:
            raise NotSetUpError("the lake has no state: run `python -m analytics_service.set_up` first")
        return document


def _document(file: LakeFile) -> Document:
    values = asdict(file)
    return {"_id": values.pop("path"), **values, "retired_at": None}


def _file(document: Document) -> LakeFile:
    return LakeFile(path=document["_id"], **{name: document[name] for name in _FIELDS})
