"""How the platform is read from outside: through all pages, within a range, with a token that is renewed."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bench.platform import Api, PlatformAway, Urls, until_all
from bench.records import LakeRow, Notice

URLS = Urls("http://auth", "http://transaction", "http://notification", "http://analytics", "http://monitoring")
Answers = dict[str, Callable[[httpx.Request], httpx.Response]]


def api(answers: Answers) -> Api:
    """Answers by path; whatever else is asked for is not there."""

    def handle(request: httpx.Request) -> httpx.Response:
        answer = answers.get(request.url.path)
        return answer(request) if answer else httpx.Response(404, text="nothing here")

    tokens: Answers = {"/v1/token": lambda request: httpx.Response(200, json={"access_token": "fresh"})}
    answers = tokens | answers
    return Api(URLS, "demo", "secret", transport=httpx.MockTransport(handle))


def notification(position: int | None, kind: str = "transfer.sent") -> dict[str, Any]:
    return {"position": position, "kind": kind, "transfer_id": f"t-{position}"}


def inbox(request: httpx.Request) -> httpx.Response:
    assert request.headers["Authorization"] == "Bearer ann's"
    first = {"notifications": [notification(9), notification(None), notification(8)], "next_cursor": "more"}
    second = {"notifications": [notification(5, "transfer.received"), notification(4)], "next_cursor": "even more"}
    return httpx.Response(200, json=second if "cursor" in request.url.params else first)


def test_an_inbox_is_read_down_to_where_the_run_began() -> None:
    with api({"/v1/notifications": inbox}) as asked:
        notices = list(asked.notices("ann's", after=4, upto=8))

    assert notices == [Notice(8, "transfer.sent", "t-8"), Notice(5, "transfer.received", "t-5")]


def test_the_lakes_rows_are_those_of_the_export() -> None:
    def rows(request: httpx.Request) -> httpx.Response:
        assert dict(request.url.params) == {"after": "4", "upto": "8", "format": "csv"}
        return httpx.Response(
            200, text="transfer_id,status,position,amount\r\nt-5,posted,5,100\r\nt-8,rejected,8,7\r\n"
        )

    with api({"/v1/rows": rows}) as asked:
        assert asked.lake_rows(4, 8) == [LakeRow(5, "t-5", "posted", 100), LakeRow(8, "t-8", "rejected", 7)]


def test_a_position_is_in_the_lake_or_it_is_not() -> None:
    with api({"/v1/lake/positions/5": lambda request: httpx.Response(200, json={"position": 5})}) as asked:
        assert (asked.is_in_lake(5), asked.is_in_lake(6)) == (True, False)


def test_the_services_token_is_renewed_once_it_has_ended() -> None:
    seen: list[str] = []

    def coverage(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(401 if len(seen) == 2 else 200, json={"events": 3})

    with api({"/v1/notifications/coverage": coverage}) as asked:
        assert (asked.notified(0, 3), asked.notified(0, 3)) == (3, 3)
    assert len(seen) == 3


def test_what_is_refused_is_named() -> None:
    with api({}) as asked, pytest.raises(PlatformAway, match="http://monitoring/v1/status: 404"):
        asked.verdict()


def test_a_count_is_waited_for_until_it_is_reached() -> None:
    counts, told = iter([0, 2, 3]), list[int]()

    assert until_all(lambda: next(counts), 3, told.append) == 3
    assert told == [0, 2, 3]


def test_a_count_that_stands_still_is_not_waited_for_for_ever() -> None:
    assert until_all(lambda: 2, 3, silence_seconds=0.1) == 2
