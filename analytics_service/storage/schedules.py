"""Schedules in MongoDB."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from analytics_service.domain.schedule import Every, Period, Rhythm, Schedule
from analytics_service.ports.jobs import NoRoom
from analytics_service.ports.schedules import Due
from analytics_service.storage.collections import Collections, Document
from analytics_service.storage.job_document import order_document, order_of

_ADD_TRIES = 100
_DUE = {"$lte": ["$next_due", "$$NOW"]}


class MongoSchedules:
    """See `ports.schedules.ScheduleStore`."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections
        self._schedules = collections.schedules

    def now(self) -> datetime:
        return self._collections.now()

    def add(self, schedule: Schedule, most: int) -> None:
        for _ in range(_ADD_TRIES):
            taken = {each["place"] for each in self._schedules.find({"user_id": schedule.user_id}, {"place": 1})}
            free = sorted(set(range(most)) - taken)
            if not free:
                raise NoRoom
            try:
                self._schedules.insert_one(_document(schedule) | {"place": free[0]})
            except DuplicateKeyError:
                # The place was taken a moment ago: look again.
                continue
            return
        raise NoRoom

    def find(self, id: str) -> Schedule | None:
        found = self._schedules.find_one({"_id": id})
        return None if found is None else _schedule(found)

    def of(self, user_id: str) -> list[Schedule]:
        return [_schedule(each) for each in self._schedules.find({"user_id": user_id}).sort("_id", ASCENDING)]

    def delete(self, id: str) -> bool:
        return self._schedules.delete_one({"_id": id}).deleted_count == 1

    def due(self, limit: int, besides: Collection[str] = ()) -> list[Due]:
        wanted = {"$match": {"$expr": _DUE, "user_id": {"$nin": list(besides)}}}
        found = self._schedules.aggregate(
            [wanted, {"$sort": {"next_due": 1}}, {"$limit": limit}, {"$set": {"seen_at": "$$NOW"}}]
        )
        return [Due(_schedule(each), each["seen_at"]) for each in found]

    def move_on(self, schedule: Schedule, next_due: datetime, due: datetime, job_id: str | None) -> bool:
        before = {"_id": schedule.id, "next_due": schedule.next_due}
        after = {"next_due": next_due, "last_due": due, "last_job": job_id}
        return self._schedules.update_one(before, {"$set": after}).matched_count == 1


def _document(schedule: Schedule) -> Document:
    rhythm = schedule.rhythm
    return {
        "_id": schedule.id,
        "user_id": schedule.user_id,
        "order": order_document(schedule.order),
        "period": str(schedule.period),
        "rhythm": {
            "every": str(rhythm.every),
            "at": rhythm.at.isoformat("minutes"),
            "zone": rhythm.zone,
            "weekday": rhythm.weekday,
            "day": rhythm.day,
        },
        "created_at": schedule.created_at,
        "next_due": schedule.next_due,
        "last_due": schedule.last_due,
        "last_job": schedule.last_job,
    }


def _schedule(document: Document) -> Schedule:
    rhythm = document["rhythm"]
    same = ("user_id", "created_at", "next_due", "last_due", "last_job")
    return Schedule(
        id=document["_id"],
        order=order_of(document["order"]),
        period=Period(document["period"]),
        rhythm=Rhythm(
            Every(rhythm["every"]), time.fromisoformat(rhythm["at"]), rhythm["zone"], rhythm["weekday"], rhythm["day"]
        ),
        **{name: document[name] for name in same},
    )
