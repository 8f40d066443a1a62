"""When a Dask cluster is given up: a scheduler that is busy is waited for, workers that are gone are not for long."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from analytics_service.engine import EngineUnavailable
from analytics_service.engine.cluster import NO_WORKERS_SECONDS, SILENT_SECONDS, Signs
from analytics_service.reports.risk.survey import SLOTS_BITS, Busy
from tests.manual_clock import ManualClock
from tests.unit.analytics_service.lakes import NOON


@pytest.fixture
def clock():
    return ManualClock(NOON)


@pytest.fixture
def signs(clock):
    return Signs(clock)


def test_a_scheduler_that_is_too_busy_to_answer_is_waited_for(clock, signs):
    clock.advance(SILENT_SECONDS)
    signs.of(None)
    signs.of(2)
    clock.advance(SILENT_SECONDS)
    signs.of(None)


def test_one_that_stays_silent_is_given_up(clock, signs):
    clock.advance(SILENT_SECONDS + 1)
    with pytest.raises(EngineUnavailable, match="does not answer"):
        signs.of(None)


def test_workers_that_are_gone_may_come_back(clock, signs):
    clock.advance(NO_WORKERS_SECONDS)
    signs.of(0)
    signs.of(1)
    clock.advance(NO_WORKERS_SECONDS)
    signs.of(0)


def test_workers_that_stay_away_are_given_up(clock, signs):
    clock.advance(NO_WORKERS_SECONDS + 1)
    with pytest.raises(EngineUnavailable, match="no workers"):
        signs.of(0)


def test_silence_is_no_word_of_workers(clock, signs):
    clock.advance(NO_WORKERS_SECONDS + 1)
    signs.of(None)


def test_what_was_counted_for_a_pattern_of_risk_travels_small_and_whole():
    table = pd.DataFrame({"slot": [0, 5, (1 << SLOTS_BITS) - 1], "payments": [3, 70_000, 1]})
    busy = Busy.of(table, window_ms=60_000, least=5)
    packed = pickle.dumps(busy)
    assert len(packed) < 100_000
    there = pickle.loads(packed)  # noqa: S301 - our own
    assert np.array_equal(there.counts, busy.counts)
    assert (there.window_ms, there.least) == (60_000, 5)
