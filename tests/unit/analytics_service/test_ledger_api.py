"""The ledger's figures as transaction_service's own application answers them."""

from __future__ import annotations

import httpx
import pytest

from analytics_service.ledger_api import LedgerApi
from analytics_service.ports import LedgerAway
from service_kit.errors import AuthUnavailable
from tests.unit.analytics_service.histories import everything
from tests.unit.analytics_service.ledgers import LedgerInMemory
from tests.unit.transaction_service.fronts import LedgerInMemory as Front
from tests.unit.transaction_service.fronts import application
from tests.unit.transaction_service.ledgers import Ledger

RECORDS = everything()


class Token:
    """The name of a service with ledger:read; `forgotten` counts how often it was asked for anew."""

    def __init__(self, text="proof!read"):
        self.text = text
        self.forgotten = 0

    def get(self):
        if self.text is None:
            raise AuthUnavailable
        return self.text

    def forget(self):
        self.forgotten += 1


@pytest.fixture
def app():
    ledger = Ledger()
    ledger.records = list(RECORDS)
    return application(Front(ledger))


def api(transport, token=None):
    return LedgerApi(httpx.Client(transport=transport), "http://transaction", token or Token())


@pytest.mark.parametrize(("after", "upto"), [(0, len(RECORDS)), (3, 9), (len(RECORDS), len(RECORDS) + 1)])
def test_a_stretch_is_the_ledgers(app, after, upto):
    found = api(httpx.WSGITransport(app=app)).stretch(after, upto)
    assert found == LedgerInMemory(RECORDS).stretch(after, upto)


def test_a_token_that_is_refused_is_asked_for_once_more(app):
    token = Token("expired")
    with pytest.raises(LedgerAway, match="401"):
        api(httpx.WSGITransport(app=app), token).stretch(0, 5)
    assert token.forgotten == 1


def answering(status, body):
    return httpx.MockTransport(lambda request: httpx.Response(status, json=body))


@pytest.mark.parametrize("body", [{}, [], {"records": 1, "head": 1, "totals": [{}], "accounts": []}])
def test_an_answer_of_another_shape_is_none(body):
    with pytest.raises(LedgerAway, match="not understood"):
        api(answering(200, body)).stretch(0, 5)


def test_a_page_of_a_proxy_is_no_answer():
    with pytest.raises(LedgerAway, match="not understood"):
        api(httpx.MockTransport(lambda request: httpx.Response(200, text="<html>"))).stretch(0, 5)


def test_a_ledger_or_an_auth_that_is_away_is_said():
    with pytest.raises(LedgerAway, match="503"):
        api(answering(503, {})).stretch(0, 5)

    def refuse(request):
        raise httpx.ConnectError("refused")

    with pytest.raises(LedgerAway, match="does not answer: ConnectError"):
        api(httpx.MockTransport(refuse)).stretch(0, 5)
    token = Token()
    token.text = None
    with pytest.raises(LedgerAway, match="auth"):
        api(answering(200, {}), token).stretch(0, 5)
