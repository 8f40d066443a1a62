"""What is due is ordered, once for each due moment; and whose job it was is told when it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from analytics_service.domain.job import JobState, NewJob
from analytics_service.domain.schedule import Schedule
from analytics_service.metrics import ScheduleMetrics
from analytics_service.ports.jobs import JobStore, NoRoom
from analytics_service.ports.people import NoticeRefused, Notices, People
from analytics_service.ports.schedules import Due, ScheduleStore
from contracts.access_token import PLATFORM_FIGURES
from service_kit.errors import Unavailable
from service_kit.logging import get_logger
from service_kit.outage_log import OutageLog

PERIOD_SECONDS = 1.0
A_ROUND = 100
log = get_logger(__name__)


class RunSchedules:
    """Any number of reporters may do it. A job's key is its schedule's and moment's, so a moment has one job, whoever
    is killed between ordering it and moving the schedule on.

    Of moments that nobody saw to, since every reporter was down, only the latest is ordered: a week of daily reports at
    once helps nobody, and the latest is the one that is looked for.
    """

    name = "schedules"
    period_seconds = PERIOD_SECONDS

    def __init__(
        self,
        store: ScheduleStore,
        jobs: JobStore,
        people: People,
        most: int,
        new_id: Callable[[], str],
        metrics: ScheduleMetrics,
    ) -> None:
        """`most` jobs of one person may wait and run at once, scheduled ones among them."""
        self._store = store
        self._jobs = jobs
        self._people = people
        self._most = most
        self._new_id = new_id
        self._metrics = metrics
        self._full: set[str] = set()
        """Whose places are all taken; they are asked about again once everybody else's have been seen to."""
        self._outages = OutageLog(log, "schedules_wait_for_auth", "schedules_go_on")

    def run_once(self) -> None:
        """One round; without auth what is due stays due. Raises PyMongoError."""
        found = self._store.due(A_ROUND, self._full)
        if len(found) < A_ROUND:
            self._full = set()
        for due in found:
            try:
                self._see_to(due)
            except Unavailable as error:
                # Jobs are run all the same, so this is no reason to call the reporter unready.
                self._outages.failed(error)
                return
            self._outages.succeeded()

    def _see_to(self, due: Due) -> None:
        schedule = due.schedule
        moment = schedule.rhythm.latest(due.seen_at)
        standing = self._people.standing(schedule.user_id)
        if standing.state == "closed":
            # They have left, and hear nothing of it.
            self._store.delete(schedule.id)
            log.info("schedule_ended", schedule=schedule.id)
            return
        if standing.state == "locked":
            self._move_on(due, moment, None)
            return
        viewer = None if PLATFORM_FIGURES.intersection(standing.roles) else schedule.user_id
        try:
            added = self._jobs.add(self._job(schedule, moment, viewer), self._most)
        except NoRoom:
            # Their other jobs go on, and this one comes when there is room; other people's need not wait for it.
            self._full.add(schedule.user_id)
            return
        if added.is_new:
            self._metrics.ordered()
        self._move_on(due, moment, added.job.id)

    def _job(self, schedule: Schedule, moment: datetime, viewer: str | None) -> NewJob:
        key = f"due:{schedule.id}:{moment.isoformat()}"
        return NewJob(
            self._new_id(), schedule.user_id, viewer, schedule.order_at(moment), key, schedule.id, due_at=moment
        )

    def _move_on(self, due: Due, moment: datetime, job_id: str | None) -> None:
        following = due.schedule.rhythm.next_after(due.seen_at)
        self._store.move_on(due.schedule, following, moment, job_id)


class TellOfScheduled:
    """Sends until it is acknowledged; what is sent again is known by its id, and told once."""

    name = "report_notices"
    period_seconds = PERIOD_SECONDS

    def __init__(self, jobs: JobStore, notices: Notices, metrics: ScheduleMetrics) -> None:
        self._jobs = jobs
        self._notices = notices
        self._metrics = metrics
        self._outages = OutageLog(log, "notices_wait", "notices_go_on")

    def run_once(self) -> None:
        """One round; what isn't acknowledged is sent with the next. Raises PyMongoError."""
        for job in self._jobs.untold(A_ROUND):
            try:
                if job.state is not JobState.EXPIRED:  # then there is nothing left to look at
                    self._notices.tell(job)
            except NoticeRefused:
                log.exception("notice_refused", job=job.id)
                self._metrics.refused()
            except Unavailable as error:
                self._metrics.put_off()
                self._outages.failed(error)
                return
            else:
                self._metrics.told()
                self._outages.succeeded()
            self._jobs.told(job.id)
