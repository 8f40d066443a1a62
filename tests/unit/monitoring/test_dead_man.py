"""When alerting falls silent the operators are told without it, once, and told again when it is back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from pymongo.errors import AutoReconnect

from monitoring.alertmanager_api import AlertmanagerApi
from monitoring.asking import SourceAway
from monitoring.dead_man import SILENT_SECONDS, DeadMan, OperatorsInbox, OutsideWatch
from monitoring.metrics import WatchdogMetrics
from tests.manual_clock import ManualClock

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class AlertmanagerInMemory:
    def __init__(self) -> None:
        self.at: datetime | None = NOW
        self.away = False

    def heard_at(self, name: str) -> datetime | None:
        if self.away:
            raise SourceAway("Alertmanager", "no answer")
        return self.at


class InboxInMemory:
    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.away = False

    def tell(self, alert: dict[str, Any]) -> None:
        if self.away:
            raise httpx.ConnectError("away")
        self.told.append(alert)


class SilenceInMemory:
    def __init__(self) -> None:
        self.kept: datetime | None = None
        self.away = False

    def since(self) -> datetime | None:
        if self.away:
            raise AutoReconnect
        return self.kept

    def keep(self, since: datetime | None) -> None:
        if self.away:
            raise AutoReconnect
        self.kept = since


class OutsideInMemory:
    pings = 0

    def ping(self) -> None:
        self.pings += 1


class Listening:
    def __init__(self) -> None:
        self.clock, self.alertmanager = ManualClock(NOW), AlertmanagerInMemory()
        self.inbox, self.outside, self.silence = InboxInMemory(), OutsideInMemory(), SilenceInMemory()
        self.restart()

    def restart(self) -> None:
        """Another process takes over, which has heard nothing yet."""
        self.registry = CollectorRegistry()
        metrics = WatchdogMetrics(self.registry)
        self.job = DeadMan(self.alertmanager, self.inbox, self.outside, self.silence, metrics, self.clock)

    def after(self, seconds: float) -> list[str]:
        """Run once so much later; the states that were told by then."""
        self.clock.advance(seconds)
        self.job.run_once()
        return [alert["status"] for alert in self.inbox.told]


@pytest.fixture
def listening() -> Listening:
    return Listening()


def test_while_watchdog_is_heard_nobody_is_told_and_the_outside_is_pinged(listening: Listening) -> None:
    for _ in range(10):
        listening.alertmanager.at = listening.clock.now()
        assert listening.after(60) == []

    assert listening.outside.pings == 10


def test_its_silence_is_told_once_and_the_outside_hears_nothing_more(listening: Listening) -> None:
    assert listening.after(SILENT_SECONDS) == []
    assert listening.after(1) == ["firing"]
    assert listening.after(15) == ["firing"]

    (alert,) = listening.inbox.told
    assert alert["labels"]["alertname"] == "WatchdogMissing"
    assert alert["annotations"]["runbook_url"] == "docs/runbooks/Watchdog.md"
    assert listening.outside.pings == 1


def test_an_alertmanager_that_is_away_is_as_silent_as_one_that_hears_nothing(listening: Listening) -> None:
    listening.alertmanager.away = True

    assert listening.after(SILENT_SECONDS + 1) == ["firing"]


def test_one_that_knows_no_watchdog_is_silent_too(listening: Listening) -> None:
    listening.alertmanager.at = None

    assert listening.after(SILENT_SECONDS + 1) == ["firing"]


def test_its_return_is_told_as_the_end_of_the_same_alert(listening: Listening) -> None:
    listening.after(SILENT_SECONDS + 1)
    listening.alertmanager.at = listening.clock.now()

    assert listening.after(5) == ["firing", "resolved"]
    firing, resolved = listening.inbox.told
    assert firing["fingerprint"] == resolved["fingerprint"]
    assert firing["startsAt"] == resolved["startsAt"] < resolved["endsAt"]
    assert listening.after(5) == ["firing", "resolved"]


def test_a_silence_outlives_who_told_of_it(listening: Listening) -> None:
    listening.after(SILENT_SECONDS + 1)
    listening.restart()
    assert listening.after(15) == ["firing"], "to have begun to listen is not to have heard"
    assert listening.after(SILENT_SECONDS) == ["firing"], "nor is it told once more"

    listening.alertmanager.at = listening.clock.now()
    assert listening.after(5) == ["firing", "resolved"]
    firing, resolved = listening.inbox.told
    assert (firing["fingerprint"], firing["startsAt"]) == (resolved["fingerprint"], resolved["startsAt"])

    listening.restart()
    assert listening.after(5) == ["firing", "resolved"]


def test_a_silence_that_ended_while_nobody_listened_is_told_to_have_ended(listening: Listening) -> None:
    listening.after(SILENT_SECONDS + 1)
    listening.alertmanager.at = listening.clock.now()
    listening.restart()

    assert listening.after(15) == ["firing", "resolved"]


def test_the_operators_are_told_while_mongodb_is_away_and_it_is_kept_once_it_is_back(listening: Listening) -> None:
    listening.silence.away = True
    assert listening.after(SILENT_SECONDS + 1) == ["firing"]

    listening.silence.away = False
    assert listening.after(15) == ["firing"]
    listening.restart()
    listening.alertmanager.at = listening.clock.now()
    assert listening.after(15) == ["firing", "resolved"]


def test_who_could_not_be_told_is_told_the_next_time(listening: Listening) -> None:
    listening.inbox.away = True
    with pytest.raises(httpx.ConnectError):
        listening.after(SILENT_SECONDS + 1)

    listening.inbox.away = False
    assert listening.after(15) == ["firing"]


def test_when_it_was_heard_is_a_metric(listening: Listening) -> None:
    listening.alertmanager.at = NOW + timedelta(seconds=7)
    listening.after(10)

    assert listening.registry.get_sample_value("watchdog_last_heard_timestamp_seconds") == NOW.timestamp() + 7


def test_alertmanager_is_asked_when_it_last_heard_of_the_alert() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["filter"] == 'alertname="Watchdog"'
        return httpx.Response(
            200, json=[{"updatedAt": "2026-01-02T03:04:05.123Z"}, {"updatedAt": "2026-01-02T03:04:01Z"}]
        )

    api = AlertmanagerApi(httpx.Client(transport=httpx.MockTransport(answer)), "http://alertmanager")

    assert api.heard_at("Watchdog") == NOW + timedelta(milliseconds=123)


@pytest.mark.parametrize("body", [{"updatedAt": "x"}, [{"updatedAt": "soon"}], [{}], [7]])
def test_an_answer_that_is_none_is_a_source_that_is_away(body: object) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=body))

    with pytest.raises(SourceAway):
        AlertmanagerApi(httpx.Client(transport=transport), "http://alertmanager").heard_at("Watchdog")


def test_the_inbox_is_told_by_alertmanagers_own_door_and_token() -> None:
    seen: list[httpx.Request] = []
    transport = httpx.MockTransport(lambda request: (seen.append(request), httpx.Response(204))[1])

    OperatorsInbox(httpx.Client(transport=transport), "http://notification", SecretStr("t-1")).tell(
        {"status": "firing"}
    )

    assert str(seen[0].url) == "http://notification/v1/alerts"
    assert seen[0].headers["Authorization"] == "Bearer t-1"


def test_without_an_address_nobody_outside_is_asked_for() -> None:
    asked: list[httpx.Request] = []
    http = httpx.Client(transport=httpx.MockTransport(lambda request: (asked.append(request), httpx.Response(200))[1]))

    OutsideWatch(http, "").ping()
    assert asked == []
    OutsideWatch(http, "http://outside/ping/7").ping()
    assert str(asked[0].url) == "http://outside/ping/7"
