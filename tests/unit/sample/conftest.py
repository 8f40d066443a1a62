"""One small sample for all tests that only look at it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sample.making import make
from sample.plan import Options
from tests.unit.sample.made import Made

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def options() -> Options:
    return Options(3_000, 7, UNTIL)


@pytest.fixture(scope="session")
def made(options, tmp_path_factory) -> Made:
    lake, scratch = tmp_path_factory.mktemp("lake"), tmp_path_factory.mktemp("scratch")
    return Made(lake, make(options, lake, scratch, lambda *_: None))
