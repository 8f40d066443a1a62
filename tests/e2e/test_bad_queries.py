"""Bad parameters at the doors of notification, analytics and monitoring: a problem of 4xx, never a 500."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import pytest

from bench.platform import Api
from bench.stacks import Platform
from tests.e2e.api_client import Client
from tests.e2e.test_bad_input import BODY_LIMIT, assert_problem

UNUSABLE = ["{", "$gt", '{"$gt": ""}', "\x00", "x" * 4000, "\u0663"]
NUMBERS = [*UNUSABLE, "many", "-1", "1.5", "1e3", "9" * 40, "0x10", "true", "NaN"]
CHOICES = [*UNUSABLE, "nothing-of-this-kind", "posted,rejected", "[]"]
MOMENTS = [*UNUSABLE, "yesterday", "2026-13-01", "2026-11-01T25:00:00Z", "2026-11-01T09:30:00", "0", "9" * 20]
BYTES = "%FF%FE"
"""No UTF-8, as it stands in a URL."""


@dataclass(frozen=True)
class Door:
    """A GET with a parameter and values that it must not take. `service`: asked with a service's token."""

    process: str
    path: str
    parameter: str
    values: list[str]
    service: bool = False

    @property
    def id(self) -> str:
        return f"{self.process}{self.path.partition('?')[0]} {self.parameter}"

    def urls(self, platform: Platform) -> Iterator[str]:
        base = f"{platform.url(self.process)}{self.path}{'&' if '?' in self.path else '?'}"
        yield f"{base}{self.parameter}={BYTES}"
        yield from (f"{base}{self.parameter}={quote(value)}" for value in self.values)


DOORS = [
    Door("notification-web", "/v1/notifications", "limit", ["0", "101", *NUMBERS]),
    Door("notification-web", "/v1/notifications", "cursor", UNUSABLE),
    *(
        Door("notification-web", "/v1/notifications", parameter, values)
        for parameter, values in {
            "unread": CHOICES,
            "archived": CHOICES,
            "kind": ["transfer.", "Transfer", *CHOICES],
            "from": MOMENTS,
            "to": MOMENTS,
        }.items()
    ),
    Door("notification-web", "/v1/notifications/coverage?upto=1", "after", NUMBERS, service=True),
    Door("notification-web", "/v1/notifications/coverage?after=1", "upto", NUMBERS, service=True),
    Door("analytics-web", "/v1/rows", "limit", ["0", *NUMBERS]),
    Door("analytics-web", "/v1/rows", "cursor", UNUSABLE),
    *(
        Door("analytics-web", path, parameter, values)
        for path in ("/v1/rows", "/v1/reports/totals", "/v1/reports/per_hour")
        for parameter, values in {
            "format": ["xml", *CHOICES],
            "from": MOMENTS,
            "to": MOMENTS,
            "currency": ["eur", "XQX", *CHOICES],
            "type": CHOICES,
            "status": CHOICES,
            "reason": CHOICES,
            "origin": CHOICES,
            "after": NUMBERS,
            "upto": NUMBERS,
            "zone": ["CEST", "../../etc/passwd", *CHOICES],
        }.items()
    ),
    Door("analytics-web", "/v1/lake/coverage?upto=1", "after", NUMBERS, service=True),
    Door("analytics-web", "/v1/lake/coverage?after=1", "upto", NUMBERS, service=True),
]


@pytest.fixture(scope="module")
def person(member: Callable[[], Client]) -> Client:
    return member()


@pytest.fixture(scope="module")
def service(platform: Platform, operator: Api) -> Client:
    return Client(platform, "demo", token=operator.service_token())


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.id)
def test_a_bad_parameter_is_refused(door: Door, person: Client, service: Client, platform: Platform) -> None:
    who = service if door.service else person
    with httpx.Client(headers=who.bearer()) as http:
        for url in door.urls(platform):
            assert_is_refused(http.get(url), 400)


@pytest.mark.parametrize("account", ["$gt", '{"$ne": ""}', "[]", "\u0663", BYTES, "nothing"])
def test_an_account_that_is_none_has_no_transfers(account: str, person: Client, platform: Platform) -> None:
    url = f"{platform.url('analytics-web')}/v1/rows?account={account}"

    assert httpx.get(url, headers=person.bearer()).raise_for_status().json()["rows"] == []


def test_a_text_that_cant_be_one_is_refused(person: Client, platform: Platform) -> None:
    url = f"{platform.url('analytics-web')}/v1/rows?account=%00"

    assert_is_refused(httpx.get(url, headers=person.bearer()), 400)


@pytest.mark.parametrize("path", ["/v1/rows", "/v1/reports/totals", "/v1/notifications"])
@pytest.mark.parametrize("query", ["limit[$gt]=1", "after[$ne]=", "$where=1", "user_id[$ne]=x"])
def test_an_operator_as_a_parameters_name_changes_nothing(
    path: str, query: str, person: Client, platform: Platform
) -> None:
    url = f"{platform.url('notification-web' if 'notifications' in path else 'analytics-web')}{path}"
    plain = httpx.get(url, headers=person.bearer()).raise_for_status().json()

    answer = httpx.get(f"{url}?{query}", headers=person.bearer())

    if answer.status_code == 200:
        assert answer.json() == plain
    else:
        assert_is_refused(answer, 400)


NOWHERE = [
    ("analytics-web", "/v1/reports/"),
    ("monitoring-web", "/v1/journeys/"),
]
OF_SERVICES = [
    ("notification-web", "/v1/notifications/events/"),
    ("analytics-web", "/v1/lake/positions/"),
]
NAMES = [*(quote(value, safe="") for value in UNUSABLE[:-1]), BYTES, "-1", "9" * 40, "..%2f..%2fetc", "nothing"]


@pytest.mark.parametrize(("process", "path"), [*NOWHERE, *OF_SERVICES])
def test_a_name_that_is_none_leads_nowhere(
    process: str, path: str, person: Client, service: Client, platform: Platform
) -> None:
    who = service if (process, path) in OF_SERVICES else person
    with httpx.Client(headers=who.bearer()) as http:
        for name in NAMES:
            assert_is_refused(http.get(f"{platform.url(process)}{path}{name}"), 400, 404)


def test_what_is_not_in_the_inbox_can_not_be_marked(person: Client, platform: Platform) -> None:
    with httpx.Client(headers=person.bearer()) as http:
        for name in NAMES:
            for mark in ("read", "unread", "archive", "unarchive"):
                url = f"{platform.url('notification-web')}/v1/notifications/{name}/{mark}"
                assert_is_refused(http.post(url), 400, 404)


@pytest.mark.parametrize("last", ["abc", '{"$gt": ""}', "-1", "9" * 40, "x" * 4000], ids=repr)
def test_a_stream_can_not_begin_anywhere(last: str, person: Client, platform: Platform) -> None:
    url = f"{platform.url('notification-live')}/v1/stream"

    assert_is_refused(httpx.get(url, headers=person.bearer() | {"Last-Event-ID": last}), 400)
    assert_is_refused(httpx.get(url, headers=person.bearer(), params={"after": last}), 400)


GOOD_ALERT = {
    "status": "firing",
    "labels": {},
    "annotations": {},
    "startsAt": "2026-11-01T09:30:00Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "fingerprint": "f",
}
ALERTS = [
    ("not JSON", b"{", 400),
    ("nothing", b"", 400),
    ("no UTF-8", b'{"version": "\xff"}', 400),
    ("a list", b"[]", 400),
    ("null", b"null", 400),
    ("another version", {"version": "3", "alerts": []}, 400),
    ("no alerts", {"version": "4"}, 400),
    ("alerts that are none", {"version": "4", "alerts": [1]}, 400),
    ("an operator as the status", {"version": "4", "alerts": [GOOD_ALERT | {"status": {"$gt": ""}}]}, 400),
    ("an operator as the fingerprint", {"version": "4", "alerts": [GOOD_ALERT | {"fingerprint": {"$gt": ""}}]}, 400),
    ("labels that are a list", {"version": "4", "alerts": [GOOD_ALERT | {"labels": []}]}, 400),
    ("a time that is none", {"version": "4", "alerts": [GOOD_ALERT | {"startsAt": "yesterday"}]}, 400),
    ("beyond reason", {"version": "4", "alerts": [], "x": "x" * 64 * BODY_LIMIT}, 413),
]


@pytest.mark.parametrize(("body", "status"), [case[1:] for case in ALERTS], ids=[case[0] for case in ALERTS])
def test_a_bad_alert_is_refused(body: bytes | dict[str, object], status: int, platform: Platform) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body)
    token = platform.stack.secret("alert-webhook-token")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    answer = httpx.post(f"{platform.url('notification-web')}/v1/alerts", content=content, headers=headers)

    assert_is_refused(answer, status)


WITHOUT_A_TOKEN = [
    ("notification-web", "/v1/notifications"),
    ("notification-web", "/v1/notifications/coverage"),
    ("notification-live", "/v1/stream"),
    ("analytics-web", "/v1/reports"),
    ("analytics-web", "/v1/rows"),
    ("analytics-web", "/v1/lake"),
    ("monitoring-web", "/v1/journeys/0190d5a0-7c1e-7000-8000-000000000003"),
]


@pytest.mark.parametrize(("process", "path"), WITHOUT_A_TOKEN)
def test_without_a_token_nothing_is_told(process: str, path: str, platform: Platform) -> None:
    url = f"{platform.url(process)}{path}"

    assert_problem(httpx.get(url), 401, "token_missing")
    assert_problem(httpx.get(url, headers={"Authorization": "Bearer nonsense"}), 401, "token_invalid")


def assert_is_refused(answer: httpx.Response, *statuses: int) -> None:
    assert answer.status_code in statuses, f"{answer.url}: {answer.status_code} {answer.text[:300]}"
    assert answer.headers["Content-Type"].split(";")[0] == "application/problem+json", str(answer.url)
    assert answer.json()["status"] == answer.status_code
