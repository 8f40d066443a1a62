"""A running platform as somebody outside of it sees it: its public API."""

import csv
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import httpx

from bench.records import JournalRecord, LakeCoverage, LakeRow, Notice, Summary

GIVE_UP_SECONDS = 60
SILENCE_SECONDS = 45
"""Longer than a consumer that was killed needs: 10 s until its group gives it up, and its new start."""
PAGE = 1000


class PlatformAway(RuntimeError):
    """A service or Kafka did not answer for a minute, or refused; the message names the request."""


@dataclass(frozen=True)
class Urls:
    """Where each web process answers, without a slash at the end."""

    auth: str
    transaction: str
    notification: str
    analytics: str
    monitoring: str


class Api:
    """GET requests to the services, repeated while a service is away; the service client's token is renewed.

    A context manager, since it keeps its connections open. ``transport``: something else than the network.
    """

    def __init__(self, urls: Urls, client_id: str, secret: str, transport: httpx.BaseTransport | None = None) -> None:
        self._urls = urls
        self._credentials = (client_id, secret)
        self._http = httpx.Client(timeout=30, transport=transport)
        self._token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def service_token(self) -> str:
        """A fresh token of the service client, good for five minutes."""
        form = {"grant_type": "client_credentials"}
        answer = self._patiently(
            lambda: self._http.post(f"{self._urls.auth}/v1/token", data=form, auth=self._credentials)
        )
        self._token = answer.json()["access_token"]
        return self._token

    def log_in(self, username: str, password: str) -> str:
        """A person's access token, good for five minutes."""
        body = {"username": username, "password": password}
        answer = self._patiently(lambda: self._http.post(f"{self._urls.auth}/v1/login", json=body))
        return str(answer.json()["access_token"])

    def published_to_head(self, tell: Callable[[Summary, int], object] = lambda summary, head: None) -> Summary:
        """Wait until the relay has published what the journal holds now; the summary as of then.

        ``tell`` hears of every look, with the head that is waited for. A relay that stands still is not waited for
        for ever: then ``published`` stays below ``head``.
        """
        head = self.summary().head
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while True:
            summary = replace(self.summary(), head=head)
            tell(summary, head)
            if summary.published >= head or time.monotonic() > deadline:
                return summary
            time.sleep(0.2)

    def summary(self) -> Summary:
        """GET /v1/ledger/summary."""
        return Summary.of(self._as_service(f"{self._urls.transaction}/v1/ledger/summary").json())

    def journal(self, after: int) -> Iterator[JournalRecord]:
        """Every position above ```after```, in order, up to the head as it is when the last page is read."""
        url = f"{self._urls.transaction}/v1/journal"
        while records := self._as_service(url, {"after": after, "limit": PAGE}).json()["records"]:
            yield from map(JournalRecord.of, records)
            after = records[-1]["position"]

    def journal_events(self, after: int) -> Iterator[dict[str, Any]]:
        """The event of every position above ``after``, in order, up to the head as it is when the last page is read."""
        url = f"{self._urls.transaction}/v1/journal/events"
        while events := self._as_service(url, {"after": after, "limit": PAGE}).json()["events"]:
            yield from events
            after = events[-1]["position"]

    def accounts(self, token: str) -> list[dict[str, Any]]:
        """GET /v1/accounts of a person."""
        accounts: list[dict[str, Any]] = self._get(f"{self._urls.transaction}/v1/accounts", token).json()["accounts"]
        return accounts

    def transfers(self, token: str, above: int) -> Iterator[dict[str, Any]]:
        """The person's transfers above a position, latest first, through all pages."""
        for transfer in self._pages(f"{self._urls.transaction}/v1/transfers", token, "transfers"):
            if transfer["position"] <= above:
                return
            yield transfer

    def notices(self, token: str, after: int, upto: int) -> Iterator[Notice]:
        """What stands in the person's inbox about the positions above ``after``, up to and with ``upto``."""
        for found in self._pages(f"{self._urls.notification}/v1/notifications", token, "notifications"):
            position = found["position"]
            if position is None:  # an alert for operators tells of no transfer
                continue
            if position <= after:
                return
            if position <= upto:
                yield Notice(position, found["kind"], found["transfer_id"])

    def notified(self, after: int, upto: int) -> int:
        """How many positions above ``after``, up to and with ``upto``, somebody was notified of."""
        return self._notification_coverage(after, upto)["events"]

    def notifications(self, after: int, upto: int) -> int:
        """How many notifications tell of the positions above ``after``, up to and with ``upto``."""
        return self._notification_coverage(after, upto)["notifications"]

    def _notification_coverage(self, after: int, upto: int) -> dict[str, int]:
        url = f"{self._urls.notification}/v1/notifications/coverage"
        found: dict[str, int] = self._as_service(url, {"after": after, "upto": upto}).json()
        return found

    def lake_coverage(self, after: int, upto: int) -> LakeCoverage:
        """What the lake says that it holds of the positions above ``after``, up to and with ``upto``."""
        url = f"{self._urls.analytics}/v1/lake/coverage"
        found = self._as_service(url, {"after": after, "upto": upto}).json()
        return LakeCoverage(found["events"], found["rows"])

    def is_in_lake(self, position: int) -> bool:
        """Whether this position is in the lake, an opened account's too."""
        url = f"{self._urls.analytics}/v1/lake/positions/{position}"
        return self._as_service(url, accept=(200, 404)).status_code == 200

    def lake_rows(self, after: int, upto: int) -> list[LakeRow]:
        """The transfers above ``after``, up to and with ``upto``, as they are exported."""
        url = f"{self._urls.analytics}/v1/rows"
        text = self._as_service(url, {"after": after, "upto": upto, "format": "csv"}).text
        return [
            LakeRow(int(row["position"]), row["transfer_id"], row["status"], int(row["amount"]))
            for row in csv.DictReader(text.splitlines())
        ]

    def report(self, name: str, upto: int) -> list[dict[str, Any]]:
        """The rows of a report over the whole platform and time, up to and with a position."""
        url = f"{self._urls.analytics}/v1/reports/{name}"
        rows: list[dict[str, Any]] = self._as_service(url, {"upto": upto}).json()["rows"]
        return rows

    def verdict(self) -> dict[str, Any]:
        """GET /v1/status of monitoring: what the platform says of itself."""
        found: dict[str, Any] = self._get(f"{self._urls.monitoring}/v1/status").json()
        return found

    def _pages(self, url: str, token: str, name: str) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = self._get(url, token, {"limit": 100} | ({"cursor": cursor} if cursor else {})).json()
            yield from page[name]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _as_service(
        self, url: str, query: Mapping[str, int | str] | None = None, accept: tuple[int, ...] = (200,)
    ) -> httpx.Response:
        answer = self._get(url, self._token or self.service_token(), query, (*accept, 401))
        return self._get(url, self.service_token(), query, accept) if answer.status_code == 401 else answer

    def _get(
        self, url: str, token: str = "", query: Mapping[str, int | str] | None = None, accept: tuple[int, ...] = (200,)
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self._patiently(lambda: self._http.get(url, params=query, headers=headers), accept)

    @staticmethod
    def _patiently(send: Callable[[], httpx.Response], accept: tuple[int, ...] = (200,)) -> httpx.Response:
        deadline, problem = time.monotonic() + GIVE_UP_SECONDS, "nothing was sent"
        while time.monotonic() < deadline:
            try:
                answer = send()
            except httpx.TransportError as error:
                problem = f"{error.request.url}: {error}"
            else:
                if answer.status_code in accept:
                    return answer
                problem = f"{answer.request.url}: {answer.status_code} {answer.text[:200]}"
                if answer.status_code not in (429, 502, 503, 504):
                    break
            time.sleep(0.25)
        raise PlatformAway(problem)


def until_all(
    count: Callable[[], int],
    wanted: int,
    tell: Callable[[int], object] = lambda counted: None,
    silence_seconds: float = SILENCE_SECONDS,
) -> int:
    """Ask for ``count`` until it has reached ``wanted``; ``tell`` hears of every look.

    Returns the last count, which is less than ``wanted`` when nothing has moved for ``silence_seconds``.
    """
    before, moved_at = -1, time.monotonic()
    while True:
        counted = count()
        tell(counted)
        if counted != before:
            before, moved_at = counted, time.monotonic()
        if counted >= wanted or time.monotonic() - moved_at > silence_seconds:
            return counted
        time.sleep(0.2)
