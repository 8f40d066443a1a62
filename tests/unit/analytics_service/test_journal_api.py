"""The journal as the ledger's API gives it: a page, a token that is renewed once, and outages that are named."""

from __future__ import annotations

import httpx
import pytest

from analytics_service.journal_api import JournalApi
from analytics_service.ports.journal import JournalAwayError
from service_kit.errors import AuthUnavailable


class Tokens:
    """`stale` until it is forgotten."""

    def __init__(self, away: bool = False) -> None:
        self.token, self.away = "stale", away

    def get(self) -> str:
        if self.away:
            raise AuthUnavailable("No token for this service (ConnectError).")
        return self.token

    def forget(self) -> None:
        self.token = "fresh"


def api(answer, tokens=None):
    return JournalApi(httpx.Client(transport=httpx.MockTransport(answer)), "http://ledger", tokens or Tokens())


def test_a_page_is_asked_for_with_the_token_and_a_refused_token_is_renewed():
    asked = []

    def ledger(request):
        asked.append((str(request.url), request.headers["Authorization"]))
        if request.headers["Authorization"] != "Bearer fresh":
            return httpx.Response(401)
        return httpx.Response(200, json={"events": [{"position": 8}], "head": 9})

    page = api(ledger).events(7, 100)
    assert (page.events, page.head) == ([{"position": 8}], 9)
    url = "http://ledger/v1/journal/events?after=7&limit=100"
    assert asked == [(url, "Bearer stale"), (url, "Bearer fresh")]


@pytest.mark.parametrize(("status", "said"), [(503, "503 Service Unavailable"), (403, "403 Forbidden"), (401, "401")])
def test_another_answer_is_an_outage_that_is_named(status, said):
    with pytest.raises(JournalAwayError, match=said):
        api(lambda request: httpx.Response(status)).events(0, 1)


@pytest.mark.parametrize("text", ["<html>", "[]", '{"head": 1}'])
def test_what_is_no_page_of_the_journal_is_an_outage(text):
    with pytest.raises(JournalAwayError, match="not understood"):
        api(lambda request: httpx.Response(200, text=text)).events(0, 1)


def test_no_answer_and_no_token_are_named():
    def nobody(request):
        raise httpx.ConnectError("refused")

    with pytest.raises(JournalAwayError, match="ConnectError"):
        api(nobody).events(0, 1)
    with pytest.raises(JournalAwayError, match="No token"):
        api(nobody, Tokens(away=True)).events(0, 1)
