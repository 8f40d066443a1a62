"""What can be wrong with asking for a job, its result, or a schedule of jobs."""

from __future__ import annotations

from typing import Any

from service_kit.errors import BadRequest, Conflict, Forbidden, NotFound, Problem

RETRY_SECONDS = 10


class JobNotFound(NotFound):
    """No job of the caller's has this id; to strangers a job doesn't exist."""

    code = "job_not_found"
    title = "There is no such job"


class TooManyJobs(Problem):
    """The number of jobs of one person that wait or run is bounded."""

    status = 429
    code = "too_many_jobs"
    title = "You have as many jobs waiting as there may be"
    advice = "Wait until one is done, or cancel one that you don't need."

    def __init__(self, detail: str = "", **extensions: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(RETRY_SECONDS)}, **extensions)


class JobKeyInvalid(BadRequest):
    """Keys are 1 to 128 visible ASCII characters without a comma."""

    code = "idempotency_key_invalid"
    title = "The header Idempotency-Key is not usable"
    advice = "Send one header with one key; a UUID is a good one."


class JobKeyReused(Problem):
    """The key belongs to another order of the same caller."""

    status = 422
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"
    advice = "Choose a new key for a new order; send the same body to learn what became of the first."


class JobNotDone(Conflict):
    """The result isn't there yet."""

    code = "job_not_done"
    title = "The job is not done yet"
    advice = "Ask for the job's state, and for its result once it is done."


class JobHasNoResult(Conflict):
    """The job failed, or was cancelled: there won't be a result."""

    code = "job_has_no_result"
    title = "The job has no result"
    advice = "Look at its cause, and order another one."


class JobIsOver(Conflict):
    """Only what waits or runs can be cancelled."""

    code = "job_over"
    title = "The job is over already"
    advice = "Delete it, and its result goes with it."


class ResultExpired(Problem):
    """Results are kept for some days."""

    status = 410
    code = "result_expired"
    title = "The result is kept no longer"
    advice = "Order the report again."


class ScheduleNotFound(NotFound):
    """No schedule of the caller's has this id."""

    code = "schedule_not_found"
    title = "There is no such schedule"


class TooManySchedules(Conflict):
    """The number of schedules of one person is bounded."""

    code = "too_many_schedules"
    title = "You have as many schedules as there may be"
    advice = "Delete one that you don't need."


class NobodysSchedule(Forbidden):
    """A schedule acts for a person: a service has to order its jobs itself."""

    code = "nobodys_schedule"
    title = "Schedules are people's"
    advice = "Order a job when you need one."
