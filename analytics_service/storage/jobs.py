"""Jobs in MongoDB. Leases, waits and expiry are told by its clock alone, so reporters' clocks may differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from uuid import uuid4

from pymongo import DESCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from analytics_service.domain.job import ACTIVE, Claimed, Job, JobState, NewJob, Progress, Result
from analytics_service.domain.turns import Active, Queue
from analytics_service.ports.jobs import GIVEN_UP, LEASE, Added, Backlog, Kept, NoRoom
from analytics_service.storage.collections import JOB_STATES, Collections, Document
from analytics_service.storage.job_document import AS_READ, job_of, new_document, progress_document, result_document

NOW = "$$NOW"
_ACTIVE = {"state": {"$in": [str(state) for state in ACTIVE]}}
_QUEUED = {"state": str(JobState.QUEUED)}
_RUNNING = {"state": str(JobState.RUNNING)}
OVER_BY_ITSELF = (JobState.DONE, JobState.FAILED, JobState.EXPIRED)
_ADD_TRIES = 100
"""Of one order: each is one that the same person has placed meanwhile."""
COUNTED: Document = {
    "pipeline": [{"$group": {"_id": "$state", "count": {"$sum": 1}}}],
    "hint": JOB_STATES,
}
"""How many there are in each state, from the index alone: it is asked every few seconds, and documents are large."""


class MongoJobs:
    """See `ports.jobs.JobStore`."""

    def __init__(self, collections: Collections, kept: Kept = Kept(), lease: timedelta = LEASE) -> None:  # noqa: B008 - frozen
        self._jobs = collections.jobs
        self._turns = collections.turns
        self._kept = kept
        self._lease = lease

    def add(self, new: NewJob, most: int) -> Added:
        for _ in range(_ADD_TRIES):
            if new.key is not None and (before := self._of_key(new.user_id, new.key)):
                return Added(before, is_new=False)
            taken = self._jobs.find(_ACTIVE | {"user_id": new.user_id}, {"place": 1})
            free = sorted(set(range(most)) - {job["place"] for job in taken})
            if not free:
                raise NoRoom
            try:
                return Added(self._insert(new_document(new) | {"place": free[0]}), is_new=True)
            except DuplicateKeyError:
                # The key, or the place, was taken a moment ago: look again.
                continue
        raise NoRoom

    def _of_key(self, user_id: str, key: str) -> Job | None:
        return next(iter(self._read({"user_id": user_id, "key": key}, 1)), None)

    def _insert(self, document: Document) -> Job:
        times = {"created_at": NOW, "queued_at": NOW, "not_before": NOW}
        # As a literal: a text of the caller's that begins with a dollar would be read as a field's name.
        made = {"$replaceWith": {"$mergeObjects": [{"$literal": document}, times]}}
        stored = self._jobs.find_one_and_update(
            {"_id": document["_id"]}, [made], upsert=True, return_document=ReturnDocument.AFTER
        )
        assert stored is not None  # noqa: S101 - an upsert gives what it has made
        return job_of(stored | {"asked_at": stored["created_at"]})

    def find(self, id: str) -> Job | None:
        return next(iter(self._read({"_id": id, "hidden": False}, 1)), None)

    def page(self, before: str | None, limit: int, user_id: str | None = None) -> list[Job]:
        query: Document = {"hidden": False}
        if user_id is not None:
            query["user_id"] = user_id
        if before is not None:
            query["_id"] = {"$lt": before}
        return self._read(query, limit)

    def _read(self, query: Document, limit: int) -> list[Job]:
        steps: list[Document] = [{"$match": query}, {"$sort": {"_id": DESCENDING}}, {"$limit": limit}, AS_READ]
        return [job_of(document) for document in self._jobs.aggregate(steps)]

    def queue(self) -> Queue:
        waits = {"$or": [{"$and": [_is(JobState.QUEUED), _past("not_before")]}, self._lapsed()]}
        # What waits for its next attempt is active, and yet nobody's turn.
        pauses = {"$and": [_is(JobState.QUEUED), {"$not": _past("not_before")}]}
        shown = {"user_id": 1, "waits": waits, "pauses": pauses}
        found = self._jobs.aggregate([{"$match": _ACTIVE}, {"$project": shown}])
        active = tuple(Active(job["_id"], job["user_id"], job["waits"]) for job in found if not job["pauses"])
        if not active:  # as nearly always, and it is asked four times a second
            return Queue((), {})
        people = list({job.user_id for job in active})
        turns = self._turns.find({"_id": {"$in": people}})
        return Queue(active, {turn["_id"]: turn["taken_at"] for turn in turns})

    def _lapsed(self) -> Document:
        return {"$and": [_is(JobState.RUNNING), _past("lease_until"), {"$lt": ["$attempts", self._kept.attempts]}]}

    def cancel(self, id: str) -> bool:
        end = self._end(JobState.CANCELLED)
        return self._jobs.update_one(_ACTIVE | {"_id": id, "hidden": False}, end).matched_count == 1

    def drop(self, id: str) -> str | None:
        self.cancel(id)
        gone = {"hidden": True, "state": str(JobState.CANCELLED), "result": None}
        before = self._jobs.find_one_and_update({"_id": id, "hidden": False}, {"$set": gone})
        result = before and before["result"]
        return str(result["file"]) if result else None

    def claim(self, id: str) -> Claimed | None:
        claim = uuid4().hex
        begun = {
            "state": str(JobState.RUNNING),
            "claim": claim,
            "lease_until": _in(self._lease),
            "begun_at": NOW,
            "attempts": {"$add": ["$attempts", 1]},
            "progress": {"$literal": progress_document(Progress())},
        }
        ready = {"$and": [_is(JobState.QUEUED), _past("not_before")]}
        waits = {"_id": id, "$expr": {"$or": [ready, self._lapsed()]}}
        taken = self._jobs.find_one_and_update(waits, [{"$set": begun}], return_document=ReturnDocument.AFTER)
        if taken is None:
            return None
        self._turns.update_one({"_id": taken["user_id"]}, [{"$set": {"taken_at": NOW}}], upsert=True)
        waited = taken["begun_at"] - taken["queued_at"]
        return Claimed(job_of(taken | {"asked_at": taken["begun_at"]}), claim, taken["attempts"], waited)

    def keep(self, progress: Mapping[str, Progress]) -> set[str]:
        return {claim for claim, so_far in progress.items() if not self._keep(claim, so_far)}

    def _keep(self, claim: str, so_far: Progress) -> bool:
        kept = {"lease_until": _in(self._lease), "progress": {"$literal": progress_document(so_far)}}
        return self._jobs.update_one(_RUNNING | {"claim": claim}, [{"$set": kept}]).matched_count == 1

    def finish(self, claimed: Claimed, result: Result, progress: Progress) -> bool:
        told = {"result": result_document(result), "progress": progress_document(progress)}
        done = self._end(JobState.DONE, told, self._kept.result)
        return self._conclude(claimed, done)

    def fail(self, claimed: Claimed, cause: str, detail: str) -> bool:
        return self._conclude(claimed, self._end(JobState.FAILED, {"cause": cause, "detail": detail}))

    def put_back(self, claimed: Claimed, pause: timedelta = timedelta(), *, counts: bool = True) -> bool:
        attempts = {"$subtract": ["$attempts", 0 if counts else 1]}
        again = _QUEUED | {"claim": None, "queued_at": _in(pause), "not_before": _in(pause), "attempts": attempts}
        return self._conclude(claimed, [{"$set": again}])

    def _conclude(self, claimed: Claimed, changes: list[Document]) -> bool:
        held = _RUNNING | {"_id": claimed.job.id, "claim": claimed.claim}
        return self._jobs.update_one(held, changes).matched_count == 1

    def _end(
        self, state: JobState, told: Mapping[str, object] | None = None, kept: timedelta = timedelta()
    ) -> list[Document]:
        end = {
            "state": str(state),
            "claim": None,
            "finished_at": NOW,
            "expires_at": _in(kept),
            "forget_at": _in(kept + self._kept.record),
        }
        said = {name: {"$literal": value} for name, value in (told or {}).items()}
        return [{"$set": end | said}, {"$unset": "place"}]

    def give_up(self) -> int:
        detail = f"It was begun {self._kept.attempts} times, and no reporter came to its end."
        worn_out = _RUNNING | {"attempts": {"$gte": self._kept.attempts}, "$expr": _past("lease_until")}
        end = self._end(JobState.FAILED, {"cause": GIVEN_UP, "detail": detail})
        return self._jobs.update_many(worn_out, end).modified_count

    def expire(self, limit: int) -> list[str]:
        over = {"state": str(JobState.DONE), "$expr": _past("expires_at")}
        self._jobs.update_many(over, {"$set": {"state": str(JobState.EXPIRED)}})
        # Its file is named until it is deleted: whoever dies between the two leaves it to the next one.
        expired = {"state": str(JobState.EXPIRED), "result.file": {"$ne": None}}
        return [job["result"]["file"] for job in self._jobs.find(expired, {"result.file": 1}).limit(limit)]

    def forget_file(self, file: str) -> None:
        self._jobs.update_many({"state": str(JobState.EXPIRED), "result.file": file}, {"$set": {"result.file": None}})

    def named(self, files: Collection[str]) -> set[str]:
        found = self._jobs.find({"result.file": {"$in": list(files)}}, {"result.file": 1})
        return {job["result"]["file"] for job in found}

    def untold(self, limit: int) -> list[Job]:
        over = [str(state) for state in OVER_BY_ITSELF]
        return self._read({"untold": True, "state": {"$in": over}, "hidden": False}, limit)

    def told(self, id: str) -> None:
        self._jobs.update_one({"_id": id}, {"$unset": {"untold": ""}})

    def backlog(self) -> Backlog:
        counted = self._jobs.aggregate(**COUNTED)
        states = {JobState(group["_id"]): group["count"] for group in counted}
        waited = {"$dateDiff": {"startDate": "$queued_at", "endDate": NOW, "unit": "millisecond"}}
        oldest = self._jobs.aggregate(
            [{"$match": _QUEUED}, {"$sort": {"queued_at": 1}}, {"$limit": 1}, {"$project": {"waited": waited}}]
        )
        milliseconds = next((max(0, job["waited"]) for job in oldest), 0)
        return Backlog(states, timedelta(milliseconds=milliseconds))


def _in(wait: timedelta) -> Document:
    """So long from now, by the server's clock."""
    return {"$add": [NOW, int(wait.total_seconds() * 1000)]}


def _past(field: str) -> Document:
    return {"$lte": [f"${field}", NOW]}


def _is(state: JobState) -> Document:
    return {"$eq": ["$state", str(state)]}
