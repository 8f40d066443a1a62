"""A job as it is kept."""

from __future__ import annotations

from dataclasses import asdict

from analytics_service.domain.job import Job, JobState, NewJob, Order, Progress, Result
from analytics_service.storage.collections import Document

AS_READ = {
    "$set": {
        "asked_at": "$$NOW",
        # It is over when its time is, and not only when somebody has come to sweep.
        "state": {
            "$cond": [
                {"$and": [{"$eq": ["$state", str(JobState.DONE)]}, {"$lte": ["$expires_at", "$$NOW"]}]},
                str(JobState.EXPIRED),
                "$state",
            ]
        },
    }
}
"""The last step of an aggregation from which `job_of` reads."""


def new_document(new: NewJob) -> Document:
    """As ordered, without its times and its place.

    `place` numbers a person's active jobs and is gone when the job is over; `lease_until` is when a claim lapses,
    `forget_at` when the document goes; `untold` stays until the person of a scheduled one has been told how it ended.
    `hidden`: its owner has deleted it; its key is still known.
    """
    keyed: Document = {} if new.key is None else {"key": new.key}
    if new.schedule_id is not None:
        keyed["untold"] = True
    return keyed | {
        "_id": new.id,
        "user_id": new.user_id,
        "viewer": new.viewer,
        "order": order_document(new.order),
        "schedule_id": new.schedule_id,
        "due_at": new.due_at,
        "state": str(JobState.QUEUED),
        "hidden": False,
        "claim": None,
        "lease_until": None,
        "begun_at": None,
        "finished_at": None,
        "expires_at": None,
        "forget_at": None,
        "attempts": 0,
        "progress": progress_document(Progress()),
        "result": None,
        "cause": None,
        "detail": None,
    }


def job_of(document: Document) -> Job:
    """Of a document with `asked_at`."""
    result = document["result"]
    same = ("user_id", "viewer", "created_at", "begun_at", "finished_at", "expires_at", "asked_at", "attempts")
    return Job(
        id=document["_id"],
        order=order_of(document["order"]),
        state=JobState(document["state"]),
        progress=Progress(**document["progress"]),
        result=None if result is None or result["file"] is None else Result(**result),
        **{name: document[name] for name in (*same, "cause", "detail", "schedule_id", "due_at")},
    )


def order_document(order: Order) -> Document:
    """What is to be made."""
    return asdict(order)


def order_of(document: Document) -> Order:
    """As it was; one that was kept before there were thresholds has none."""
    same = {name: document[name] for name in ("report", "filter", "format", "limit")}
    return Order(**same, thresholds=document.get("thresholds", {}))


def progress_document(progress: Progress) -> Document:
    """How far it is."""
    return asdict(progress)


def result_document(result: Result) -> Document:
    """What it ended in."""
    return asdict(result)
