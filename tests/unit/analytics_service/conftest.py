from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.analytics_service.fronts import application
from tests.unit.analytics_service.lakes import ManifestInMemory, TestLake


@pytest.fixture
def manifest() -> ManifestInMemory:
    return ManifestInMemory()


@pytest.fixture
def lake(tmp_path: Path, manifest) -> TestLake:
    """An empty lake; `manifest` decides which kind."""
    return TestLake(tmp_path / "lake", manifest)


@pytest.fixture
def front(lake: TestLake):
    return application(lake).test_client()
