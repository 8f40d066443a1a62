from __future__ import annotations

import pytest

from tests.unit.auth_service.world import World


@pytest.fixture
def world() -> World:
    return World()
