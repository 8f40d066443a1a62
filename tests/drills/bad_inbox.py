"""Notification's API under bad requests: inbox, preferences, webhooks, deliveries and the doors of services."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from bench.platform import Api
from bench.stacks import DEMO_CLIENT, Platform
from tests.drills import frame
from tests.drills.callers import PEOPLE, People, pay

SERVICES = {
    "/v1/notifications/coverage": DEMO_CLIENT,
    "/v1/notifications/events/{event_id}": DEMO_CLIENT,
    "/v1/notices": "analytics_service",
}
ALERTS = "/v1/alerts"
LISTS = ("notifications", "webhooks", "deliveries")


class Inbox:
    """bad_requests.Target"""

    name = "notification-bad-requests"

    def url(self, platform: Platform) -> str:
        return platform.url("notification-web")

    def prepare(self, platform: Platform, api: Api) -> None:
        frame.people(platform, api, PEOPLE)
        platform.command_of_auth("grant_role", PEOPLE[0], "admin")
        pay(platform, api)

    def callers(self, platform: Platform, api: Api) -> People:
        return People(platform, api, SERVICES, {ALERTS: platform.stack.env("notification-web")["ALERT_WEBHOOK_TOKEN"]})

    def known(self, platform: Platform) -> dict[str, list[str]]:
        return {"url": ["http://127.0.0.1:9/nobody-listens"]}

    def learned(self, told: dict[str, Any]) -> Iterator[tuple[str, str]]:
        lists = [found for name in LISTS if isinstance(found := told.get(name), list)]
        for each in (told, *itertools.chain(*lists)):
            if isinstance(each.get("id"), str):
                yield "id", each["id"]
                yield "delivery_id", each["id"]
            if isinstance(each.get("event_id"), str):
                yield "event_id", each["event_id"]

    def figures(self, platform: Platform, api: Api) -> dict[str, int]:
        return {}

    def findings(self, platform: Platform) -> list[str]:
        return platform.unhealthy()
