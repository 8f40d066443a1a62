"""Monitoring's API under bad requests: the status, and the journeys of transfers that there are and are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.platform import Api
from bench.stacks import Platform
from tests.drills import frame
from tests.drills.callers import PEOPLE, People, pay


class Journeys:
    """bad_requests.Target"""

    name = "monitoring-bad-requests"

    def __init__(self) -> None:
        self._transfer = ""

    def url(self, platform: Platform) -> str:
        return platform.url("monitoring-web")

    def prepare(self, platform: Platform, api: Api) -> None:
        frame.people(platform, api, PEOPLE)
        platform.command_of_auth("grant_role", PEOPLE[0], "support")
        self._transfer = pay(platform, api)

    def callers(self, platform: Platform, api: Api) -> People:
        return People(platform, api, {})

    def known(self, platform: Platform) -> dict[str, list[str]]:
        return {"transfer_id": [self._transfer]}

    def learned(self, told: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if isinstance(told.get("trace_id"), str):
            yield "trace_id", told["trace_id"]

    def figures(self, platform: Platform, api: Api) -> dict[str, int]:
        return {}

    def findings(self, platform: Platform) -> list[str]:
        return platform.unhealthy()
