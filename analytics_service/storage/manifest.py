"""The manifest in MongoDB: the one place that says what is in the lake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime

import pymongo
from pymongo import MongoClient
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

    def __init__(self, collections: Collections, name: str = STATE_ID) -> None:
        """`name` is the state's: of the lake that readers see, or of one that is being built."""
        self._name = name
        self._client = collections.client
        self._files = collections.files
        self._rollups = collections.rollups
        self._state = collections.state

    def state(self) -> State:
        document = self._state_document(None)
        covered = Covered(document["stretches"])
        names = ("rolled_up", "minutes_from", "complete_from", "generation")
        return State(document["version"], covered, **{name: document[name] for name in names})

    def commit(self, base: State, covered: Covered, batch: Batch) -> None:
        changes: Document = {
            "$set": {"stretches": covered.to_list(), "committed_at": batch.committed_at},
        }
        if batch.offsets:
            # A topic that was read again from further back doesn't make the lake stand further back.
            changes["$max"] = {f"offsets.{partition}": offset for partition, offset in batch.offsets.items()}
        files = [_document(file, base.generation) for file in batch.files]
        rollups = additions(base.kept(batch.rollups), base.generation) if base.rolled_up else []

        def write(session: ClientSession) -> None:
            self._pass_on(base, changes, session)
            if files:
                self._files.insert_many(files, session=session)
            if rollups:
                self._rollups.bulk_write(rollups, ordered=False, session=session)

        in_transaction(self._client, write)

    def fill_rollups(self, base: State, buckets: Sequence[Bucket]) -> None:
        rollups = additions(base.kept(buckets), base.generation)

        def write(session: ClientSession) -> None:
            # First of all: a commit beside it waits for this document, and sees then that it has passed.
            self._pass_on(base, {"$set": {"rolled_up": True}}, session)
            if rollups:
                self._rollups.bulk_write(rollups, ordered=False, session=session)

        in_transaction(self._client, write)

    def forget_minutes(self, before: datetime) -> None:
        # In this order, so that no reader takes what is about to go for all that there was.
        state = self._state.find_one_and_update({"_id": self._name}, {"$max": {"minutes_from": before}})
        if state is not None:
            of_lake = {"generation": state["generation"], "unit": "minute"}
            self._rollups.delete_many({**of_lake, "start": {"$lt": before}})

    def retire_days(self, before: datetime, now: datetime) -> int:
        retired = 0

        def write(session: ClientSession) -> None:
            nonlocal retired
            # The version, too: what was about to be committed for such a day is decided again.
            changes = {"$set": {"complete_from": before}, "$inc": {"version": 1}}
            later = {"$or": [{"complete_from": None}, {"complete_from": {"$lt": before}}]}
            state = self._state.find_one_and_update({"_id": self._name, **later}, changes, session=session)
            if state is not None:
                live = {"generation": state["generation"], "retired_at": None}
                old = {**live, "day": {"$lt": before.date().isoformat()}}
                retired = self._files.update_many(old, {"$set": {"retired_at": now}}, session=session).modified_count

        in_transaction(self._client, write)
        return retired

    def _pass_on(self, base: State, changes: Document, session: ClientSession) -> None:
        """From the state `base` to the next; raises ConflictError where it has passed already."""
        now = {"_id": self._name, "version": base.version}
        if self._state.update_one(now, changes | {"$inc": {"version": 1}}, session=session).matched_count != 1:
            raise ConflictError

    def replace(self, old: Sequence[LakeFile], new: LakeFile, now: datetime, sweeps: int) -> None:
        paths = [file.path for file in old]

        def write(session: ClientSession) -> None:
            # Written and not only read: a transaction that merely reads `sweeps` wouldn't meet a sweep beside it.
            unswept = {"_id": self._name, "sweeps": sweeps}
            state = self._state.find_one_and_update(unswept, {"$inc": {"merges": 1}}, session=session)
            if state is None:
                raise ConflictError
            result = self._files.update_many(
                {"_id": {"$in": paths}, "retired_at": None}, {"$set": {"retired_at": now}}, session=session
            )
            if result.matched_count != len(paths):
                raise ConflictError
            self._files.insert_one(_document(new, state["generation"]), session=session)

        in_transaction(self._client, write)

    def snapshot(self) -> Snapshot:
        with self._client.start_session(snapshot=True) as session:
            state = self._state_document(session)
            live = {"generation": state["generation"], "retired_at": None}
            files = [_file(document) for document in self._files.find(live, session=session).sort("first_position")]
        covered = Covered(state["stretches"])
        return Snapshot(covered, files, state["committed_at"], state["sweeps"], state["complete_from"])

    def fence(self) -> None:
        # Of the lake that is being built, too: its files lie in the same folder.
        self._state.update_many({}, {"$inc": {"version": 1, "sweeps": 1}})

    def unknown(self, paths: Iterable[str]) -> list[str]:
        asked = list(paths)
        known = {document["_id"] for document in self._files.find({"_id": {"$in": asked}}, {"_id": 1})}
        return [path for path in asked if path not in known]

    def retired_before(self, moment: datetime) -> list[str]:
        return [document["_id"] for document in self._files.find({"retired_at": {"$lt": moment}}, {"_id": 1})]

    def forget(self, path: str) -> None:
        self._files.delete_one({"_id": path, "retired_at": {"$ne": None}})

    def _state_document(self, session: ClientSession | None) -> Document:
        document = self._state.find_one({"_id": self._name}, session=session)
        if document is None:
            raise NotSetUpError("the lake has no state: run `python -m analytics_service.set_up` first")
        return document


def in_transaction(client: MongoClient[Document], write: Callable[[ClientSession], None]) -> None:
    """Run `write` as one transaction.

    The driver repeats what may be repeated: a conflict on the wire runs `write` again, which then sees it.
    """
    with pymongo.timeout(TRANSACTION_SECONDS), client.start_session() as session:
        session.with_transaction(write, read_concern=ReadConcern("snapshot"), write_concern=MAJORITY)


def _document(file: LakeFile, generation: int) -> Document:
    values = asdict(file)
    return {"_id": values.pop("path"), **values, "generation": generation, "retired_at": None}


def _file(document: Document) -> LakeFile:
    return LakeFile(path=document["_id"], **{name: document[name] for name in _FIELDS})
