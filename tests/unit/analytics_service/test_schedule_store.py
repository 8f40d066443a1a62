"""The contract over the store in memory, so that what is proven with it holds in MongoDB too."""

from __future__ import annotations

import pytest

from tests.manual_clock import ManualClock
from tests.unit.analytics_service.schedule_contract import ScheduleContract
from tests.unit.analytics_service.schedules_in_memory import SchedulesInMemory


@pytest.fixture
def schedules():
    return SchedulesInMemory(ManualClock())


class TestSchedulesInMemory(ScheduleContract):
    pass
