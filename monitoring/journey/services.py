"""What notification_service and analytics_service know of an event, asked through their APIs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
from flask_babel import lazy_gettext as _

from monitoring.asking import NOT_UNDERSTOOD, SourceAway, json_of
from monitoring.journey.stages import Decided, Finding, State
from service_kit.auth import ServiceToken
from service_kit.errors import AuthUnavailable
from service_kit.service_token import ask_with

INBOX = "inbox"
SIDES = {"payer": _("payer"), "payee": _("payee")}


class ServiceApi:
    """Requests to one of our services, with our own token."""

    def __init__(self, name: str, http: httpx.Client, base_url: str, token: ServiceToken) -> None:
        """`http` brings the time-out; `name` is for a person's eye."""
        self.name = name
        self._http = http
        self._base = base_url
        self._token = token

    def get(self, path: str) -> dict[str, Any] | None:
        """The answer, or None for a 404; raises SourceAway."""
        answer = self._send(path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        body = json_of(self.name, lambda: answer)
        if not isinstance(body, dict):
            raise SourceAway(self.name, NOT_UNDERSTOOD)
        return body

    def post(self, path: str, body: dict[str, Any]) -> None:
        """Hand something over; raises SourceAway, also for an answer that isn't a 2xx."""
        json_of(self.name, lambda: self._send(path, "POST", json=body))

    def _send(self, path: str, method: str = "GET", **options: Any) -> httpx.Response:
        try:
            return ask_with(self._token, self._http, method, self._base + path, **options)
        except AuthUnavailable as error:
            raise SourceAway(self.name, _("auth gives us no token for it")) from error
        except httpx.TimeoutException as error:
            raise SourceAway(self.name, _("no answer in time")) from error
        except httpx.HTTPError as error:
            raise SourceAway(self.name, _("it cannot be reached")) from error


class Notified:
    """The notifications that an event entails."""

    stages = ("consumed_by_notification", "in_inbox")

    def __init__(self, api: ServiceApi, kept: timedelta, now: Callable[[], datetime]) -> None:
        """`kept`: for how long notifications are."""
        self._api = api
        self._kept = kept
        self._now = now
        self.source = api.name

    def find(self, decided: Decided) -> dict[str, Finding]:
        """When its event was taken from the topic, and when the last inbox had it; raises SourceAway."""
        if not decided.told:
            return {name: Finding(State.NOT_KEPT, detail=_("there is nobody to tell")) for name in self.stages}
        body = self._api.get(f"/v1/notifications/events/{decided.event_id}")
        if body is None and decided.at < self._now() - self._kept:
            gone = _("its notifications are kept no longer")
            return {name: Finding(State.NOT_KEPT, detail=gone) for name in self.stages}
        try:
            made = [_notification(each) for each in body["notifications"] if each["channel"] == INBOX] if body else []
        except (KeyError, TypeError, ValueError) as error:
            raise SourceAway(self.source, NOT_UNDERSTOOD) from error
        consumed = min((taken for _user, taken, _at in made), default=None)
        created = {user: at for user, _taken, at in made}
        return {"consumed_by_notification": _seen(consumed), "in_inbox": _inboxes(decided, created)}


class Analysed:
    """The event's row in the lake."""

    stages = ("consumed_by_analytics", "in_lake")

    def __init__(self, api: ServiceApi) -> None:
        self._api = api
        self.source = api.name

    def find(self, decided: Decided) -> dict[str, Finding]:
        """When its event was taken from the topic, and when reports began to contain it; raises SourceAway."""
        body = self._api.get(f"/v1/lake/positions/{decided.position}")
        if body is None:
            return {name: Finding(State.WAITING) for name in self.stages}
        if body.get("retired"):
            return {name: Finding(State.NOT_KEPT, detail=_("its day is kept no longer")) for name in self.stages}
        try:
            consumed, committed = _time(body["consumed_at"]), _time(body["committed_at"])
            file = str(body["file"])
        except (KeyError, TypeError, ValueError) as error:
            raise SourceAway(self.source, NOT_UNDERSTOOD) from error
        return {
            "consumed_by_analytics": Finding(State.DONE, consumed),
            "in_lake": Finding(State.DONE, committed, file.rpartition("/")[2]),
        }


def _notification(found: dict[str, Any]) -> tuple[str, datetime, datetime]:
    return found["user_id"], _time(found["consumed_at"]), _time(found["created_at"])


def _seen(at: datetime | None) -> Finding:
    return Finding(State.DONE, at) if at else Finding(State.WAITING)


def _inboxes(decided: Decided, created: dict[str, datetime]) -> Finding:
    payer = decided.told & {decided.payer}
    sides = {"payer": payer, "payee": decided.told - payer}
    detail = " · ".join(_inbox(SIDES[side], users, created) for side, users in sides.items() if users)
    if not decided.told <= created.keys():
        return Finding(State.WAITING, detail=detail if created else "")
    return Finding(State.DONE, max(created[user] for user in decided.told), detail)


def _inbox(side: str, users: frozenset[str], created: dict[str, datetime]) -> str:
    """When the last of a side was told. How many they are isn't said: of a split, each knows their own part."""
    if not users <= created.keys():
        return str(_("%(side)s not yet", side=side))
    return f"{side} {max(created[user] for user in users).strftime('%H:%M:%S.%f')[:-3]}"


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time with its zone was expected")
    return at
