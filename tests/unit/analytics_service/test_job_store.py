"""The contract over the store in memory, so that what is proven with it holds in MongoDB too."""

from __future__ import annotations

import pytest

from tests.manual_clock import ManualClock
from tests.unit.analytics_service.job_contract import KEPT, JobContract
from tests.unit.analytics_service.jobs_in_memory import JobsInMemory


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def jobs(clock):
    return JobsInMemory(clock, KEPT)


@pytest.fixture
def later(clock):
    return lambda wait: clock.advance(wait.total_seconds())


class TestJobsInMemory(JobContract):
    pass
