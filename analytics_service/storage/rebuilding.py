"""A lake that is built beside the one that readers see, and takes its place in one transaction."""

from __future__ import annotations

from datetime import datetime

from pymongo.client_session import ClientSession

from analytics_service.ports import ConflictError, State
from analytics_service.storage.collections import STATE_ID, Collections, fresh_state
from analytics_service.storage.manifest import MongoManifest, in_transaction
from analytics_service.storage.rollups import MongoRollups

REBUILD_ID = "rebuild"


class MongoRebuild:
    """The one rebuild that there may be at a time: its manifest, and the switch."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections
        self.manifest = MongoManifest(collections, REBUILD_ID)
        self.rollups = MongoRollups(collections, REBUILD_ID)

    def begin(self) -> bool:
        """Make the state of an empty lake of the next generation; False where one was begun before and goes on."""
        state = self._collections.state
        newest = max(document["generation"] for document in state.find({}, {"generation": 1}))
        result = state.update_one({"_id": REBUILD_ID}, {"$setOnInsert": fresh_state(newest + 1)}, upsert=True)
        return result.upserted_id is not None

    def take_over(self, live: State, rebuilt: State, now: datetime) -> None:
        """Make the rebuilt lake the one that readers see; the old one's files are retired, as merged ones are.

        Raises ConflictError, with nothing changed, where either state has passed: so nothing that the old lake covers
        can be missing, if that was so as of these two.
        """
        state, files = self._collections.state, self._collections.files

        def write(session: ClientSession) -> None:
            document = state.find_one_and_delete({"_id": REBUILD_ID, "version": rebuilt.version}, session=session)
            if document is None:
                raise ConflictError
            names = ("generation", "stretches", "committed_at", "rolled_up", "minutes_from", "complete_from")
            result = state.update_one(
                {"_id": STATE_ID, "version": live.version},
                {"$set": {name: document[name] for name in names}, "$inc": {"version": 1, "sweeps": 1}},
                session=session,
            )
            if result.matched_count != 1:
                raise ConflictError
            of_old = {"generation": live.generation, "retired_at": None}
            files.update_many(of_old, {"$set": {"retired_at": now}}, session=session)

        in_transaction(self._collections.client, write)
        self._collections.rollups.delete_many({"generation": live.generation})
