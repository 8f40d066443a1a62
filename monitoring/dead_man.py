"""The dead man's switch: who expects to hear from alerting all the time notices when it falls silent.

The alert Watchdog fires always. This job asks Alertmanager when it last heard it from Prometheus. Where that is too
long ago one of the two is dead, or the way between them is cut, and no rule can say so any more; so the operators'
inbox is told directly. While all is well an address outside the platform is asked for, if one is set: who is there
complains when that ends, and so notices the death of this job, or of the whole machine.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

import httpx
import structlog
from pydantic import SecretStr
from pymongo.errors import PyMongoError

from contracts.moments import rfc3339
from monitoring.asking import SourceAway
from monitoring.metrics import WatchdogMetrics
from service_kit.clock import Clock

log = structlog.get_logger(__name__)

SILENT_SECONDS = 150
"""Prometheus repeats a firing alert each minute, so this is two of them missed."""
MISSING = {
    "labels": {"alertname": "WatchdogMissing", "severity": "page", "process": "alertmanager"},
    "annotations": {
        "summary": "Alerting is silent: Alertmanager has not heard Watchdog for more than 150 s",
        "runbook_url": "docs/runbooks/Watchdog.md",
        "dashboard_url": "/d/fintech-telemetry?viewPanel=93",
    },
}
NOT_YET = "0001-01-01T00:00:00Z"


class Heard(Protocol):
    """As AlertmanagerApi: when it was last told of an alert; None where it doesn't fire. Raises SourceAway."""

    def heard_at(self, name: str) -> datetime | None: ...


class Inbox(Protocol):
    """Where operators are told; raises httpx.HTTPError."""

    def tell(self, alert: dict[str, Any]) -> None: ...


class Silence(Protocol):
    """What was told outlives this process, so that the next one tells of the end; raises PyMongoError."""

    def since(self) -> datetime | None: ...

    def keep(self, since: datetime | None) -> None: ...


class Outside(Protocol):
    """Whoever expects a sign of life; raises httpx.HTTPError."""

    def ping(self) -> None: ...


class DeadMan:
    """A job: listens for Watchdog, tells of its silence and of its return, each once it has been taken."""

    name = "watchdog"
    period_seconds = 15.0

    def __init__(
        self,
        heard: Heard,
        inbox: Inbox,
        outside: Outside,
        silence: Silence,
        metrics: WatchdogMetrics,
        clock: Clock,
        alert: str = "Watchdog",
    ) -> None:
        self._heard = heard
        self._inbox = inbox
        self._outside = outside
        self._silence = silence
        self._metrics = metrics
        self._clock = clock
        self._alert = alert
        # A start is no silence: who has just begun to listen has missed nothing yet.
        self._last = clock.now()
        self._silent_since: datetime | None = None
        self._kept: datetime | None = None
        self._is_recalled = False

    def run_once(self) -> None:
        """Raises httpx.HTTPError where somebody could not be told; they are told the next time."""
        self._recall()
        self._listen()
        silent = (self._clock.now() - self._last).total_seconds() > SILENT_SECONDS
        self._metrics.heard(self._last.timestamp())
        if silent and self._silent_since is None:
            self._tell("firing", self._clock.now())
        elif not silent and self._silent_since is not None:
            self._tell("resolved", self._silent_since)
        self._keep()
        if not silent:
            self._outside.ping()

    def _recall(self) -> None:
        """What the process before has told, so that its end is told of the same alert."""
        if self._is_recalled:
            return
        try:
            self._kept = self._silence.since()
        except PyMongoError as away:
            # The operators are told all the same, at worst once more.
            log.info("silence_not_recalled", reason=type(away).__name__)
            return
        self._is_recalled = True
        if self._kept and not self._silent_since:
            self._silent_since = self._kept
            self._last = self._kept - timedelta(seconds=SILENT_SECONDS)

    def _keep(self) -> None:
        if not self._is_recalled or self._silent_since == self._kept:
            return
        try:
            self._silence.keep(self._silent_since)
        except PyMongoError as away:
            log.info("silence_not_kept", reason=type(away).__name__)
            return
        self._kept = self._silent_since

    def _listen(self) -> None:
        try:
            heard = self._heard.heard_at(self._alert)
        except SourceAway as away:
            # Its silence is what counts, whatever the reason.
            log.info("alertmanager_not_asked", reason=str(away))
            return
        if heard is not None:
            self._last = max(self._last, heard)

    def _tell(self, status: str, since: datetime) -> None:
        ends = rfc3339(self._clock.now()) if status == "resolved" else NOT_YET
        fingerprint = f"watchdog-missing-{int(since.timestamp())}"
        alert = MISSING | {"status": status, "startsAt": rfc3339(since), "endsAt": ends, "fingerprint": fingerprint}
        self._inbox.tell(alert)
        self._silent_since = since if status == "firing" else None
        log.warning("watchdog", status=status)


class OperatorsInbox:
    """notification's door for alerts, the same that Alertmanager uses."""

    def __init__(self, http: httpx.Client, notification_url: str, token: SecretStr) -> None:
        self._http = http
        self._url = f"{notification_url}/v1/alerts"
        self._token = token

    def tell(self, alert: dict[str, Any]) -> None:
        """Raises httpx.HTTPError where it was not taken."""
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        self._http.post(self._url, json={"version": "4", "alerts": [alert]}, headers=headers).raise_for_status()


class OutsideWatch:
    """An address that expects to be asked for, as healthchecks.io and its like give out; "": there is none."""

    def __init__(self, http: httpx.Client, url: str) -> None:
        self._http = http
        self._url = url

    def ping(self) -> None:
        """Raises httpx.HTTPError where it did not answer well."""
        if self._url:
            self._http.get(self._url).raise_for_status()
