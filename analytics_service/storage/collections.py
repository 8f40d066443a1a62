"""The service's collections and their indexes.

`files` is the manifest: one document per Parquet file, `retired_at` set once a merged one has taken its place.
`reconciliations` has one for each interval of the journal that was held against the ledger.
`state` holds one document for the lake that readers see: which positions it covers, and where the ingester stands on
the topic; while a lake is rebuilt, another one for that. The `generation` of a file or a rollup says whose it is.
`rollups` has a document for each minute, hour and day, which a commit adds to.
`jobs` are the report jobs (storage/job_document.py); `turns` says when a job of each person was last begun;
`schedules` what is ordered again and again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

Document = dict[str, Any]

STATE_ID = "lake"
JOB_STATES = "states"
"""The index of jobs by state, by which they are counted."""
TURNS_SECONDS = 86_400
"""So long ago a person's last turn makes no difference."""


class Collections:
    """The collections of the database that the URL names."""

    def __init__(self, client: MongoClient[Document]) -> None:
        self.client = client
        database: Database[Document] = client.get_default_database()
        self.files: Collection[Document] = database["files"]
        self.state: Collection[Document] = database["state"]
        self.jobs: Collection[Document] = database["jobs"]
        self.turns: Collection[Document] = database["turns"]
        self.rollups: Collection[Document] = database["rollups"]
        self.schedules: Collection[Document] = database["schedules"]
        self.reconciliations: Collection[Document] = database["reconciliations"]

    def now(self) -> datetime:
        """By the server's clock. Raises PyMongoError."""
        at: datetime = self.client.admin.command("hello", codec_options=self.client.codec_options)["localTime"]
        return at

    def set_up(self) -> None:
        """Make the indexes and the state; harmless when they exist.

        A lake from before the rollups is marked, and its ingester fills them from the files.
        """
        self.files.create_indexes([IndexModel([("retired_at", ASCENDING), ("first_position", ASCENDING)])])
        by_period = [("generation", ASCENDING), ("unit", ASCENDING), ("start", ASCENDING)]
        self.rollups.create_indexes([IndexModel(by_period, unique=True)])
        self.reconciliations.create_indexes([IndexModel([("broken", ASCENDING), ("checked_at", ASCENDING)])])
        fresh = fresh_state(0)
        self.state.update_one({"_id": STATE_ID}, {"$setOnInsert": fresh}, upsert=True)
        for name in ("generation", "minutes_from", "complete_from", "rolled_up"):
            older = {"_id": STATE_ID, name: {"$exists": False}}
            self.state.update_one(older, {"$set": {name: False if name == "rolled_up" else fresh[name]}})
        self.files.update_many({"generation": {"$exists": False}}, {"$set": {"generation": 0}})
        self._set_up_jobs()

    def _set_up_jobs(self) -> None:
        """How many active jobs a person may have, and that a key has one job, is kept by unique indexes."""
        of_one = [("user_id", ASCENDING)]
        self.jobs.create_indexes(
            [
                IndexModel([*of_one, ("_id", DESCENDING)], name="latest"),
                IndexModel(
                    [*of_one, ("key", ASCENDING)],
                    name="keys",
                    unique=True,
                    partialFilterExpression={"key": {"$exists": True}},
                ),
                IndexModel(
                    [*of_one, ("place", ASCENDING)],
                    name="places",
                    unique=True,
                    partialFilterExpression={"place": {"$exists": True}},
                ),
                IndexModel([("state", ASCENDING), ("queued_at", ASCENDING)], name=JOB_STATES),
                IndexModel("result.file", name="results", sparse=True),
                IndexModel("untold", name="untold", sparse=True),
                IndexModel("forget_at", name="forget", expireAfterSeconds=0),
            ]
        )
        places = [*of_one, ("place", ASCENDING)]
        self.schedules.create_indexes([IndexModel(places, name="places", unique=True), IndexModel("next_due")])
        self.turns.create_index("taken_at", name="forget", expireAfterSeconds=TURNS_SECONDS)


def fresh_state(generation: int) -> Document:
    """Of a lake with nothing in it."""
    return {
        "generation": generation,
        "version": 0,
        "sweeps": 0,
        "merges": 0,
        "stretches": [],
        "offsets": {},
        "committed_at": None,
        "rolled_up": True,
        "minutes_from": None,
        "complete_from": None,
    }
