"""Analytics' API under bad requests: reports, rows, jobs, schedules and the lake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.platform import Api
from bench.stacks import DEMO_CLIENT, Platform
from tests.drills import frame
from tests.drills.callers import PEOPLE, People, pay
from tests.drills.ordered_jobs import REPORTS

OF_SERVICES = ("/v1/lake", "/v1/lake/coverage", "/v1/lake/positions/{position}", "/v1/reconciliation")


class Reports:
    """bad_requests.Target"""

    name = "analytics-bad-requests"

    def url(self, platform: Platform) -> str:
        return platform.url("analytics-web")

    def prepare(self, platform: Platform, api: Api) -> None:
        frame.people(platform, api, PEOPLE)
        platform.command_of_auth("grant_role", PEOPLE[0], "analyst")
        pay(platform, api)

    def callers(self, platform: Platform, api: Api) -> People:
        return People(platform, api, dict.fromkeys(OF_SERVICES, DEMO_CLIENT))

    def known(self, platform: Platform) -> dict[str, list[str]]:
        return {"currency": ["EUR"], "text": list(PEOPLE), "name": list(REPORTS), "report": list(REPORTS)}

    def learned(self, told: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if isinstance(told.get("id"), str):
            yield "id", told["id"]
        # Of a report and of the transfers; of the lake's coverage it is a count.
        rows = told.get("rows")
        for row in rows if isinstance(rows, list) else ():
            for name, column in (("transfer", "transfer_id"), ("account", "payer_account")):
                if isinstance(row.get(column), str):
                    yield name, row[column]

    def figures(self, platform: Platform, api: Api) -> dict[str, int]:
        return {}

    def findings(self, platform: Platform) -> list[str]:
        return platform.unhealthy()
