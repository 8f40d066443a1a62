"""A probe is sent as people send, and its result says what was not as promised."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from monitoring.metrics import ProbeMetrics
from monitoring.probe import PATIENCE_SECONDS, ProbeTransfers
from monitoring.probe_doors import Accepted, LogIn, NoGoodAnswer, Refused
from tests.manual_clock import ManualClock

TOKEN_SECONDS = 300.0


class PlatformInMemory:
    """Takes transfers, notifies after `notified_after` and reports after `in_lake_after` seconds."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.notified_after, self.in_lake_after = 0.3, 1.2
        self.users: set[str] = set()
        self.log_ins: list[str] = []
        self.sent: list[tuple[str, str, str]] = []
        self.sent_at: list[float] = []
        self.opens_at = 0.5
        self.refusal: str | None = None
        self.away: set[str] = set()

    def sign_up(self, username: str) -> None:
        self._answer("auth")
        self.users.add(username)

    def log_in(self, username: str) -> LogIn:
        self._answer("auth")
        self.log_ins.append(username)
        return LogIn(f"token of {username}", TOKEN_SECONDS)

    def has_account(self, token: str) -> bool:
        self._answer("transaction")
        return self.clock.monotonic() >= self.opens_at

    def send(self, token: str, payee: str, currency: str, key: str) -> Accepted:
        self._answer("transaction")
        if self.refusal:
            raise Refused(self.refusal)
        self.clock.advance(0.01)
        self.sent.append((token.removeprefix("token of "), payee, key))
        self.sent_at.append(self.clock.monotonic())
        return Accepted(f"transfer-{len(self.sent)}", len(self.sent))

    def notifications(self, transfer_id: str) -> int:
        self._answer("notification")
        return 2 if self._age(int(transfer_id.removeprefix("transfer-"))) >= self.notified_after else 0

    def is_in_lake(self, position: int) -> bool:
        self._answer("analytics")
        return self._age(position) >= self.in_lake_after

    def _age(self, position: int) -> float:
        return self.clock.monotonic() - self.sent_at[position - 1]

    def _answer(self, service: str) -> None:
        if service in self.away:
            raise NoGoodAnswer(f"{service}: ConnectError")


class Probing:
    """The job on a platform in memory."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.registry = CollectorRegistry()
        self.platform = PlatformInMemory(self.clock)
        self.kept: list[dict[str, Any]] = []
        self.ids = count(1)
        metrics = ProbeMetrics(self.registry, lambda: self.clock.now().timestamp())
        self.job = ProbeTransfers(self.platform, self, metrics, self.clock, lambda: f"key-{next(self.ids)}", 15.0)

    def add(self, result: dict[str, Any]) -> None:
        self.kept.append(result)

    def probe(self) -> dict[str, Any]:
        self.job.run_once()
        return self.kept[-1]

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


@pytest.fixture
def probing() -> Probing:
    return Probing()


def test_a_probe_is_followed_into_both_inboxes_and_the_lake(probing):
    result = probing.probe()
    assert result["outcome"] == "ok"
    assert (result["_id"], result["transfer_id"]) == ("key-1", "transfer-1")
    assert 10 == result["accepted_ms"] < result["notified_ms"] < result["in_lake_ms"] < 1_500
    assert probing.value("probe_transfers_total", outcome="ok") == 1
    assert probing.value("probe_stage_seconds_count", stage="in_lake") == 1


def test_the_two_users_pay_each_other_alternately_each_time_with_a_new_key(probing):
    for _ in range(3):
        probing.probe()
    assert probing.platform.sent == [
        ("probe-a", "probe-b", "key-1"),
        ("probe-b", "probe-a", "key-2"),
        ("probe-a", "probe-b", "key-3"),
    ]


def test_the_users_are_made_before_the_first_probe_and_log_in_only_when_a_token_ends(probing):
    for _ in range(4):
        probing.probe()
    assert probing.platform.users == {"probe-a", "probe-b"}
    assert probing.platform.log_ins == ["probe-a", "probe-b"]
    probing.clock.advance(TOKEN_SECONDS)
    probing.probe()
    assert probing.platform.log_ins == ["probe-a", "probe-b", "probe-a"]


def test_what_is_not_notified_in_time_is_late(probing):
    probing.platform.notified_after = 60.0
    result = probing.probe()
    assert (result["outcome"], result["notified_ms"]) == ("late", None)
    assert result["detail"] == "not in both inboxes within 10 s"
    assert result["in_lake_ms"] is not None
    assert probing.clock.monotonic() < PATIENCE_SECONDS + 2
    assert probing.value("probe_success") == 0


def test_a_service_that_does_not_answer_is_named(probing):
    probing.platform.away = {"notification", "analytics"}
    result = probing.probe()
    assert result["outcome"] == "failed"
    assert result["detail"] == (
        "not in both inboxes and the lake within 10 s; analytics: ConnectError; notification: ConnectError"
    )
    assert probing.value("probe_stage_seconds_count", stage="accepted") == 1


@pytest.mark.parametrize("service", ["auth", "transaction"])
def test_without_an_answer_to_the_transfer_the_probe_failed_and_the_next_one_logs_in_anew(probing, service):
    probing.probe()
    probing.clock.advance(TOKEN_SECONDS)
    probing.platform.away = {service}
    result = probing.probe()
    assert (result["outcome"], result["detail"]) == ("failed", f"{service}: ConnectError")
    probing.platform.away = set()
    assert probing.probe()["outcome"] == "ok"
    assert probing.value("probe_success") == 1


def test_a_refusal_says_its_reason(probing):
    probing.platform.refusal = "insufficient_funds"
    result = probing.probe()
    assert (result["outcome"], result["detail"]) == ("refused", "the ledger refused: insufficient_funds")
    assert probing.value("probe_transfers_total", outcome="refused") == 1


def test_accounts_that_never_open_are_a_failure(probing):
    probing.platform.opens_at = float("inf")
    assert probing.probe()["detail"] == "transaction: the probes' accounts are not open yet"


def test_every_series_exists_before_the_first_probe(probing):
    for outcome in ("ok", "refused", "late", "failed"):
        assert probing.value("probe_transfers_total", outcome=outcome) == 0
    for stage in ("accepted", "notified", "in_lake"):
        assert probing.value("probe_stage_seconds_count", stage=stage) == 0
    assert probing.value("probe_last_success_timestamp_seconds") == probing.clock.now().timestamp()
