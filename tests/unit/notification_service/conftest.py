"""A world with nobody's notifications in it, and a client of its web application."""

from __future__ import annotations

import pytest

from tests.unit.notification_service.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def client(world):
    return world.web().test_client()
