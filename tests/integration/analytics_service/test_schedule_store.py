"""The promises of the store of schedules over a real MongoDB."""

from __future__ import annotations

import pytest

from analytics_service.storage.schedules import MongoSchedules
from tests.unit.analytics_service.schedule_contract import ScheduleContract


@pytest.fixture
def schedules(collections):
    return MongoSchedules(collections)


class TestMongoSchedules(ScheduleContract):
    pass
