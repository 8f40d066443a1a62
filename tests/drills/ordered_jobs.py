"""People who order reports without a pause, and have some made by a schedule: what each came to is read back from the
services, and held against the report itself."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from bench.load.job import Person
from bench.platform import Api
from bench.stacks import Platform

REPORTS = ("totals", "per_minute", "accounts", "outcomes", "transfers")
MINUTES = 15
"""So many minutes after the beginning have a schedule of each person's, one a minute."""
WAITING_MAX = 5
"""More of one person's don't wait at once, so that ordering goes by the pace of the reporter."""
PAUSE_SECONDS = 0.25
ROWS_AT_ONCE = 1_000
"""Of transfers: every page reads the files again, and there are hundreds of results to be held against them."""
AGAIN = (401, 429, 502, 503, 504)


@dataclass(frozen=True)
class Ordered:
    """An accepted job."""

    person: str
    key: str
    id: str
    report: str
    query: dict[str, int]


class Asking:
    """A person at the reports' and the notifications' API, logged in again when their token ends."""

    def __init__(self, platform: Platform, api: Api, person: Person) -> None:
        self.username = person.username
        self._platform = platform
        self._api = api
        self._token = person.token
        self._http = httpx.Client(timeout=30)

    def __call__(self, method: str, url: str, **more: Any) -> httpx.Response:
        """Until there is an answer: the same request, with the same key."""
        while True:
            headers = {"Authorization": f"Bearer {self._token}"} | more.get("headers", {})
            try:
                answer = self._http.request(method, url, **(more | {"headers": headers}))
            except httpx.TransportError:
                time.sleep(PAUSE_SECONDS)
                continue
            if answer.status_code not in AGAIN:
                return answer
            if answer.status_code == 401:
                self._token = self._api.log_in(self.username, self._platform.demo_password)
            time.sleep(PAUSE_SECONDS)

    def pages(self, url: str, name: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """All of a list."""
        cursor: dict[str, str] = {}
        while True:
            page = self("GET", url, params={"limit": 100, **query, **cursor}).raise_for_status().json()
            yield from page[name]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}


class Orders:
    """Begins with its construction; ends with `stop`."""

    def __init__(self, platform: Platform, api: Api, people: Sequence[Person]) -> None:
        self._analytics, self._notification = platform.url("analytics-web"), platform.url("notification-web")
        self._askers = {person.username: Asking(platform, api, person) for person in people}
        self._accepted: list[Ordered] = []
        self._stopped = threading.Event()
        self._began = datetime.now(UTC)
        for asker in self._askers.values():
            self._schedule(asker)
        self._threads = [
            threading.Thread(target=self._order, args=(asker,), daemon=True) for asker in self._askers.values()
        ]
        for thread in self._threads:
            thread.start()

    def _schedule(self, asker: Asking) -> None:
        """Of an earlier drill on the same stack none is left."""
        for old in asker("GET", f"{self._analytics}/v1/schedules").raise_for_status().json()["schedules"]:
            asker("DELETE", f"{self._analytics}/v1/schedules/{old['id']}")
        for minute in range(1, 1 + MINUTES):
            at = (self._began + timedelta(minutes=minute)).strftime("%H:%M")
            body = {"report": "totals", "every": "day", "at": at, "period": "last_7_days"}
            asker("POST", f"{self._analytics}/v1/schedules", json=body).raise_for_status()

    def _order(self, asker: Asking) -> None:
        for number in itertools.count():
            if self._stopped.is_set():
                return
            upto = asker("GET", f"{self._analytics}/v1/reports/totals").raise_for_status().json()["complete_upto"]
            report, query = REPORTS[number % len(REPORTS)], {"upto": int(upto["position"])}
            key = f"{self._began:%Y%m%d%H%M%S}-{number}"
            body = {"report": report, "filter": query}
            answer = asker("POST", f"{self._analytics}/v1/jobs", json=body, headers={"Idempotency-Key": key})
            self._accepted.append(Ordered(asker.username, key, answer.raise_for_status().json()["id"], report, query))
            while not self._stopped.is_set() and self._waiting(asker) >= WAITING_MAX:
                time.sleep(PAUSE_SECONDS)

    def _waiting(self, asker: Asking) -> int:
        page = asker("GET", f"{self._analytics}/v1/jobs").raise_for_status().json()
        return sum(job["state"] in ("queued", "running") for job in page["jobs"])

    def stop(self) -> None:
        """Order no more; what is scheduled goes on until `told`."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(60)

    def over(self, within_s: float) -> bool:
        """Whether, in time, nothing of anybody's waits or runs any more."""
        deadline = time.monotonic() + within_s
        while waiting := sum(map(self._waiting, self._askers.values())):
            if time.monotonic() > deadline:
                return waiting == 0
            time.sleep(1)
        return True

    def told(self, within_s: float) -> bool:
        """Whether, in time, everybody has been told of what was made for them."""
        deadline = time.monotonic() + within_s
        while self._scheduled()["scheduled_not_told"]:
            if time.monotonic() > deadline:
                return False
            time.sleep(1)
        return True

    def end_schedules(self) -> None:
        """None is due from now on."""
        for asker in self._askers.values():
            for made in asker("GET", f"{self._analytics}/v1/schedules").raise_for_status().json()["schedules"]:
                asker("DELETE", f"{self._analytics}/v1/schedules/{made['id']}")

    def account(self) -> Jobs:
        """What came of it all."""
        states: Counter[str] = Counter()
        taken_again = wrong = doubled = 0
        for one in self._accepted:
            asker = self._askers[one.person]
            job = asker("GET", f"{self._analytics}/v1/jobs/{one.id}").raise_for_status().json()
            states[job["state"]] += 1
            taken_again += job["attempts"] > 1
            wrong += job["state"] == "done" and self._differs(asker, one)
            again = {"report": one.report, "filter": one.query}
            answer = asker("POST", f"{self._analytics}/v1/jobs", json=again, headers={"Idempotency-Key": one.key})
            doubled += answer.json()["id"] != one.id
        return Jobs(
            jobs_accepted=len(self._accepted),
            jobs_not_done=len(self._accepted) - states["done"],
            jobs_doubled=doubled,
            jobs_wrong=wrong,
            jobs_taken_again=taken_again,
            **self._scheduled(),
        )

    def _differs(self, asker: Asking, one: Ordered) -> bool:
        path = "rows" if one.report == "transfers" else f"reports/{one.report}"
        url = f"{self._analytics}/v1/{path}"
        result = asker("GET", f"{self._analytics}/v1/jobs/{one.id}/result").raise_for_status().json()
        if one.report == "transfers":
            direct = list(asker.pages(url, "rows", limit=ROWS_AT_ONCE, **one.query))
        else:
            direct = asker("GET", url, params=one.query).raise_for_status().json()["rows"]
        return bool(result["rows"] != direct)

    def _scheduled(self) -> dict[str, int]:
        due = told = missing = doubled = moments_doubled = 0
        for asker in self._askers.values():
            jobs = [job for job in self._jobs(asker) if job["schedule_id"]]
            notices = self._notices(asker)
            moments = Counter((job["schedule_id"], job["due_at"]) for job in jobs)
            due += len(moments)
            moments_doubled += len(jobs) - len(moments)
            told += sum(notices[job["id"]] > 0 for job in jobs)
            missing += sum(notices[job["id"]] == 0 for job in jobs)
            doubled += sum(notices[job["id"]] > 1 for job in jobs)
        return {
            "scheduled_due": due,
            "scheduled_doubled": moments_doubled,
            "scheduled_told": told,
            "scheduled_not_told": missing,
            "scheduled_told_twice": doubled,
        }

    def _jobs(self, asker: Asking) -> list[dict[str, Any]]:
        began = self._began.isoformat()
        return [job for job in asker.pages(f"{self._analytics}/v1/jobs", "jobs") if job["created_at"] >= began[:19]]

    def _notices(self, asker: Asking) -> Counter[str]:
        found = asker.pages(f"{self._notification}/v1/notifications", "notifications", kind="report.ready")
        return Counter(notice["report"]["id"] for notice in found)


@dataclass(frozen=True)
class Jobs:
    """Counts of accepted jobs, and of the due moments of schedules. `jobs_wrong`: the result isn't what the report
    itself answers; `jobs_doubled`: their key leads to another job; `jobs_taken_again`: begun more than once."""

    jobs_accepted: int
    jobs_not_done: int
    jobs_doubled: int
    jobs_wrong: int
    jobs_taken_again: int
    scheduled_due: int
    scheduled_doubled: int
    scheduled_told: int
    scheduled_not_told: int
    scheduled_told_twice: int
