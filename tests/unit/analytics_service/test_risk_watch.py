"""The watch for patterns of risk: what of late is suspicious among real people's payments, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from analytics_service.metrics import RiskMetrics
from analytics_service.reports.report import FiguresTooLargeError
from analytics_service.reports.risk.patterns import RISK_REPORTS
from analytics_service.use_cases.watch_risk import Horizon, RiskWatch
from tests.manual_clock import ManualClock
from tests.unit.analytics_service.added_up import reports
from tests.unit.analytics_service.lakes import NOON, TestLake, transfer

DAY = timedelta(days=1)


class Watched:
    """A lake and its watch, with a clock that is set."""

    def __init__(self, folder) -> None:
        self.lake = TestLake(folder)
        self.registry = CollectorRegistry()
        self.clock = ManualClock(NOON)
        horizon = Horizon(recent=DAY, past=60 * DAY)
        metrics = RiskMetrics(self.registry, RISK_REPORTS)
        self.watch = RiskWatch(reports(self.lake), RISK_REPORTS, horizon, metrics, self.clock)

    def found(self) -> dict[str, float]:
        """After every pattern had its round; those with nothing left out."""
        for _ in RISK_REPORTS:
            self.clock.advance(15)
            self.watch.run_once()
        values = {
            name: self.registry.get_sample_value("analytics_risk_findings", {"pattern": name}) for name in RISK_REPORTS
        }
        assert None not in values.values()
        return {name: value for name, value in values.items() if value}

    def collect(
        self, first: int = 1, *, ago: timedelta = timedelta(hours=1), origin: str = "user", count: int = 12
    ) -> None:
        at = self.clock.now() - ago
        self.lake.put(
            *(transfer(first + n, f"p{first + n}", "cem", 20_000 + n, at=at, origin=origin) for n in range(12))
        )


@pytest.fixture
def watched(tmp_path) -> Watched:
    return Watched(tmp_path)


def test_an_empty_lake_has_no_findings(watched):
    assert watched.found() == {}


def test_what_is_found_is_told_by_pattern(watched):
    watched.collect()
    assert watched.found() == {"fan_in": 1}


def test_a_cycle_is_found_too(watched):
    hour = timedelta(hours=1)
    watched.lake.put(
        transfer(1, "ann", "bob", 50_000, at=NOON - 3 * hour), transfer(2, "bob", "ann", 49_000, at=NOON - hour)
    )
    assert watched.found() == {"cycle": 1}


@pytest.mark.parametrize("origin", ["demo", "probe"])
def test_what_the_demo_and_the_probes_send_is_no_risk(watched, origin):
    watched.collect(origin=origin)
    assert watched.found() == {}


def test_a_finding_ends_when_it_is_old_though_nothing_new_has_come(watched):
    watched.collect()
    assert watched.found() == {"fan_in": 1}
    watched.clock.advance(DAY.total_seconds())
    assert watched.found() == {}


def test_what_was_long_ago_is_never_told(watched):
    watched.collect(ago=2 * DAY)
    assert watched.found() == {}


def test_an_account_is_judged_by_its_past(watched):
    usual = [
        transfer(n, f"customer{n}", "cem", 15_000, at=NOON - 50 * DAY + n * timedelta(hours=3)) for n in range(1, 41)
    ]
    watched.lake.put(*usual)
    watched.collect(first=41)
    assert watched.found() == {}


def test_who_slept_before_what_is_new_is_found(watched):
    watched.lake.put(transfer(1, "ann", "bob", 500, at=NOON - 45 * DAY))
    at = NOON - timedelta(hours=2)
    watched.lake.put(*(transfer(2 + n, "ann", f"payee{n}", 12_000, at=at) for n in range(6)))
    assert watched.found() == {"dormant": 1}


def test_a_pattern_that_can_not_be_looked_for_holds_up_no_other(watched):
    def fails(_legs, _selection):
        raise FiguresTooLargeError

    risks = {**RISK_REPORTS, "velocity": replace(RISK_REPORTS["velocity"], measure=fails, is_prepared=True)}
    registry = CollectorRegistry()
    metrics = RiskMetrics(registry, risks)
    watch = RiskWatch(reports(watched.lake), risks, Horizon(DAY, 60 * DAY), metrics, watched.clock)
    watched.collect()
    failed = 0
    for _ in range(2 * len(risks)):
        watched.clock.advance(15)
        try:
            watch.run_once()
        except FiguresTooLargeError:
            failed += 1
    assert failed == 2
    assert registry.get_sample_value("analytics_risk_findings", {"pattern": "fan_in"}) == 1


def test_what_comes_later_is_seen_in_the_next_round(watched):
    assert watched.found() == {}
    watched.collect()
    assert watched.found() == {"fan_in": 1}
