"""docker-compose.yml as compose reads it, with the placeholders left as they are."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from stack.compose.files import COMPOSE_FILE
from stack.process_list import ProcessList, load_process_list


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return dict(compose["services"])


@pytest.fixture(scope="session")
def everything() -> ProcessList:
    return load_process_list()
