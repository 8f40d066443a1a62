"""What a probe sends, and how it reads each service's answers."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from pydantic import SecretStr

from monitoring.probe_doors import Accepted, LogIn, NoGoodAnswer, ProbeDoors, Refused, Urls
from service_kit.service_token import ServiceToken

URLS = Urls("http://auth", "http://transaction", "http://notification", "http://analytics")
Answer = Callable[[httpx.Request], httpx.Response]


def doors(answer: Answer, requests: list[httpx.Request] | None = None) -> ProbeDoors:
    """Doors whose services answer as `answer` says; auth gives the service its token."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            return httpx.Response(200, json={"access_token": "service-token", "expires_in": 300})
        if requests is not None:
            requests.append(request)
        return answer(request)

    http = httpx.Client(transport=httpx.MockTransport(handle))
    service = ServiceToken(http, "http://auth/v1/token", "monitoring", SecretStr("secret"))
    return ProbeDoors(http, URLS, SecretStr("password of probes"), service)


def answering(status: int, body: object = None) -> Answer:
    return lambda _request: httpx.Response(status, json=body)


def test_the_users_are_made_with_their_origin_and_the_services_token():
    requests: list[httpx.Request] = []
    doors(answering(201, {}), requests).sign_up("probe-a")
    (request,) = requests
    assert json.loads(request.content)["origin"] == "probe"
    assert request.headers["Authorization"] == "Bearer service-token"


def test_a_user_that_exists_is_no_failure():
    doors(answering(409, {"code": "username_taken"})).sign_up("probe-a")


def test_a_log_in_gives_the_token_and_its_life():
    assert doors(answering(200, {"access_token": "t", "expires_in": 300})).log_in("probe-a") == LogIn("t", 300.0)


def test_a_transfer_is_one_minor_unit_under_its_key():
    requests: list[httpx.Request] = []
    sent = doors(answering(201, {"id": "transfer-1", "position": 7}), requests)
    assert sent.send("token", "probe-b", "EUR", "key-1") == Accepted("transfer-1", 7)
    (request,) = requests
    assert json.loads(request.content) == {"payee": "probe-b", "amount": 1, "currency": "EUR"}
    assert (request.headers["Idempotency-Key"], request.headers["Authorization"]) == ("key-1", "Bearer token")


def test_a_decided_rejection_is_told_by_its_code():
    with pytest.raises(Refused, match=r"^insufficient_funds$"):
        doors(answering(422, {"code": "insufficient_funds"})).send("token", "probe-b", "EUR", "key-1")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (answering(503, {"code": "ledger_unavailable"}), "transaction: answered 503 ledger_unavailable"),
        (answering(401, {"code": "token_revoked"}), "transaction: answered 401 token_revoked"),
        (lambda _: httpx.Response(502, text="<html>"), "transaction: answered 502"),
        (lambda _: httpx.Response(201, text="<html>"), "transaction: answered 201 without JSON"),
        (answering(201, {"no": "id"}), "transaction: answered 201 without 'id'"),
    ],
)
def test_anything_else_is_no_good_answer_and_says_whose(answer, reason):
    with pytest.raises(NoGoodAnswer, match=f"^{reason}$"):
        doors(answer).send("token", "probe-b", "EUR", "key-1")


def test_no_answer_at_all_is_told_by_its_kind():
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(NoGoodAnswer, match=r"^analytics: ConnectError$"):
        doors(refuse).is_in_lake(7)


def test_notifications_are_counted_and_none_is_zero():
    assert doors(answering(200, {"notifications": [{}, {}]})).notifications("transfer-1") == 2
    assert doors(answering(404, {"code": "not_found"})).notifications("transfer-1") == 0


def test_a_position_is_in_the_lake_or_not_there_yet():
    assert doors(answering(200, {"position": 7})).is_in_lake(7)
    assert not doors(answering(404, {"code": "not_found"})).is_in_lake(7)
