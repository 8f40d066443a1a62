"""Bad input at every door: a problem with a stable code, nothing written, never a 500."""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from bench.platform import Api
from bench.records import JournalRecord
from bench.stacks import Platform
from tests.e2e import tokens
from tests.e2e.api_client import GRANT, Client

Make = Callable[[], Client]
JSON = {"Content-Type": "application/json"}
BODY_LIMIT = 64 * 1024
PROBES = "probe-"
OPENED_BY_A_TOKEN = {
    "auth-web": "/v1/me",
    "transaction-web": "/v1/accounts",
    "notification-web": "/v1/notifications",
    "analytics-web": "/v1/rows",
    "monitoring-web": f"/v1/journeys/{uuid.UUID(int=7)}",
}


@dataclass(frozen=True)
class Pair:
    """A payer and a payee, whom every bad request leaves as they were."""

    payer: Client
    payee: Client


@pytest.fixture(scope="module")
def pair(member: Make) -> Pair:
    return Pair(member(), member())


@pytest.fixture
def nothing_is_written(pair: Pair, operator: Api) -> Iterator[None]:
    """Nothing new stands in the journal, and both have what they had."""
    head = operator.summary().head
    yield
    assert written_since(operator, head) == []
    assert (pair.payer.balance(), pair.payee.balance()) == (GRANT, GRANT)


def written_since(operator: Api, head: int) -> list[JournalRecord]:
    """What was written above a position, but for the platform's probes of itself: they go on all the time, and their
    accounts may still be opening.
    """
    written = [record for record in operator.journal(after=head) if record.kind != "account.opened"]
    return [record for record in written if not any(name.startswith(PROBES) for name in (record.payer, *record.told))]


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    """RFC 9457, with our stable code."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].split(";")[0] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]


def body(payee: object = "PAYEE", **changed: Any) -> str:
    """A good body with something changed; PAYEE stands for the payee's name."""
    return json.dumps({"payee": payee, "amount": 100, "currency": "EUR"} | changed)


@dataclass(frozen=True)
class Bad:
    """One bad transfer: what is sent and what is answered."""

    id: str
    status: int
    code: str
    content: str | bytes = field(default_factory=body)
    headers: dict[str, str] = field(default_factory=lambda: JSON | {"Idempotency-Key": uuid.uuid4().hex})


def keyed(key: str | None) -> dict[str, str]:
    return JSON | ({} if key is None else {"Idempotency-Key": key})


MALFORMED = [
    Bad("not JSON", 400, "malformed_json", "{"),
    Bad("an empty body", 400, "malformed_json", ""),
    Bad("bytes that are no UTF-8", 400, "malformed_json", b'{"payee": "\xff\xfe"}'),
    Bad("NaN", 400, "malformed_json", body(amount=float("nan"))),
    Bad("Infinity", 400, "malformed_json", body(amount=float("inf"))),
    Bad("nested beyond reason", 400, "malformed_json", "[" * 30_000),
    Bad("a list", 400, "invalid_request", "[]"),
    Bad("a string", 400, "invalid_request", '"PAYEE"'),
    Bad("null", 400, "invalid_request", "null"),
    Bad("an unknown field", 400, "invalid_request", body(colour="blue")),
    Bad("a field that only the ledger sets", 400, "invalid_request", body(status="posted")),
    Bad("no payee", 400, "invalid_request", '{"amount": 1, "currency": "EUR"}'),
    Bad("an operator as the payee", 400, "invalid_request", body({"$gt": ""})),
    Bad("an empty payee", 400, "invalid_request", body("")),
    Bad("a payee too long", 400, "invalid_request", body("x" * 65)),
    Bad("a negative amount", 400, "invalid_request", body(amount=-1)),
    Bad("a zero amount", 400, "invalid_request", body(amount=0)),
    Bad("a float amount", 400, "invalid_request", body(amount=12.5)),
    Bad("a float that is whole", 400, "invalid_request", '{"payee": "PAYEE", "amount": 100.0, "currency": "EUR"}'),
    Bad("an amount in words", 400, "invalid_request", body(amount="100")),
    Bad("true as an amount", 400, "invalid_request", body(amount=True)),
    Bad("an amount beyond exact JSON numbers", 400, "invalid_request", body(amount=2**53)),
    Bad("an amount beyond 64 bits", 400, "invalid_request", body(amount=2**80)),
    Bad("a currency that does not exist", 400, "invalid_request", body(currency="XQX")),
    Bad("a currency in small letters", 400, "invalid_request", body(currency="eur")),
    Bad("an operator as the currency", 400, "invalid_request", body(currency={"$ne": None})),
    Bad("a number as the note", 400, "invalid_request", body(note=5)),
    Bad("a note too long", 400, "invalid_request", body(note="x" * 201)),
    Bad("a body over the limit", 413, "body_too_large", body(note="x" * BODY_LIMIT)),
    Bad("no JSON by its content type", 415, "unsupported_media_type", headers={"Idempotency-Key": "k"}),
    Bad("a form", 415, "unsupported_media_type", headers=keyed("k") | {"Content-Type": "text/plain"}),
    Bad("no key", 400, "idempotency_key_missing", headers=keyed(None)),
    Bad("an empty key", 400, "idempotency_key_missing", headers=keyed("")),
    Bad("a key too long", 400, "idempotency_key_invalid", headers=keyed("k" * 129)),
    Bad("a key with a space", 400, "idempotency_key_invalid", headers=keyed("two words")),
    Bad("an account that does not exist", 403, "not_your_account", body(payer_account="no-such-account")),
    Bad("the world's account", 403, "not_your_account", body(payer_account="world:EUR")),
    Bad("to oneself", 422, "same_account", body("PAYER")),
]


@pytest.mark.usefixtures("nothing_is_written")
@pytest.mark.parametrize("bad", MALFORMED, ids=lambda bad: bad.id)
def test_a_bad_transfer_is_refused_and_leaves_no_trace(bad: Bad, pair: Pair) -> None:
    content = bad.content.encode() if isinstance(bad.content, str) else bad.content
    content = content.replace(b"PAYEE", pair.payee.username.encode()).replace(b"PAYER", pair.payer.username.encode())

    answer = pair.payer.post_transfer(content=content, headers=bad.headers)

    assert_problem(answer, bad.status, bad.code)


@pytest.mark.usefixtures("nothing_is_written")
def test_another_persons_account_can_not_be_spent_from(pair: Pair) -> None:
    (account,) = pair.payee.accounts()

    answer = pair.payer.send(pair.payee.username, 1, payer_account=account["id"])

    assert_problem(answer, 403, "not_your_account")


def test_a_malformed_request_consumes_no_key(member: Make) -> None:
    payer, payee, key = member(), member(), uuid.uuid4().hex
    assert_problem(payer.send(payee.username, -1, key=key), 400, "invalid_request")

    assert payer.send(payee.username, 1, key=key).status_code == 201


REJECTED = [
    ("to nobody", {"payee": "nobody-of-this-name"}, "unknown_payee"),
    ("in another currency", {"currency": "USD"}, "currency_mismatch"),
    ("more than there is", {"amount": GRANT + 1}, "insufficient_funds"),
    ("the largest amount that can be said", {"amount": 2**53 - 1}, "insufficient_funds"),
]


@pytest.mark.parametrize(("changed", "code"), [case[1:] for case in REJECTED], ids=[case[0] for case in REJECTED])
def test_a_rejection_is_recorded_and_moves_nothing(
    changed: dict[str, Any], code: str, pair: Pair, operator: Api
) -> None:
    head = operator.summary().head

    answer = pair.payer.post_transfer(
        content=body(**({"payee": pair.payee.username} | changed)), headers=keyed(uuid.uuid4().hex)
    )

    assert_problem(answer, 422, code)
    assert [(r.kind, r.payer) for r in written_since(operator, head)] == [("transfer.rejected", pair.payer.username)]
    assert (pair.payer.balance(), pair.payee.balance()) == (GRANT, GRANT)


def test_tokens_that_open_nothing(pair: Pair, platform: Platform, operator: Api) -> None:
    head, payer = operator.summary().head, pair.payer
    refresh_token = payer.log_in().json()["refresh_token"]
    forged = {
        "": ("", "token_missing"),
        "nonsense": ("nonsense", "token_invalid"),
        "a refresh token": (refresh_token, "token_invalid"),
        **tokens.forged(platform, payer.token),
    }
    for token, code in forged.values():
        thief = Client(platform, payer.username, token=token)
        assert_problem(thief.send(pair.payee.username, 1), 401, code)
        for service, path in OPENED_BY_A_TOKEN.items():
            assert_problem(thief.get(path, of=service), 401, code)
    assert written_since(operator, head) == []


def test_a_persons_token_does_not_read_the_ledger(pair: Pair) -> None:
    for path in ("/v1/ledger/summary", "/v1/journal", "/v1/journal/events", "/v1/ledger/stretch"):
        assert_problem(pair.payer.get(path), 403, "scope_missing")


def test_a_services_token_moves_no_money(pair: Pair, platform: Platform, operator: Api) -> None:
    service = Client(platform, "demo", token=operator.service_token())

    assert_problem(service.send(pair.payee.username, 1), 403, "scope_missing")


QUERIES = [
    {"limit": "0"},
    {"limit": "101"},
    {"limit": "many"},
    {"limit": "-1"},
    {"cursor": "abc"},
    {"cursor": "-5"},
    {"cursor": "9" * 40},
    {"cursor": '{"$gt": ""}'},
]


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_a_bad_page_is_refused(query: dict[str, str], pair: Pair) -> None:
    assert_problem(pair.payer.get("/v1/transfers", **query), 400, "invalid_request")


NOT_THERE = {
    "/v1/transfers/nothing": "transfer_not_found",
    "/v1/transfers/%24gt": "transfer_not_found",
    "/v1/nothing": "not_found",
}


@pytest.mark.parametrize(("path", "code"), NOT_THERE.items())
def test_what_is_not_there_is_not_found(path: str, code: str, pair: Pair) -> None:
    assert_problem(pair.payer.get(path), 404, code)


SIGN_UPS = [
    ("an operator as the password", {"password": {"$gt": ""}}, 400, "invalid_request"),
    ("a number as the password", {"password": 12345678}, 400, "invalid_request"),
    ("a short password", {"password": "short"}, 400, "invalid_request"),
    ("a password beyond reason", {"password": "x" * 1000}, 400, "invalid_request"),
    ("an operator as the username", {"username": {"$ne": ""}}, 400, "invalid_request"),
    ("a username with a space", {"username": "two words"}, 400, "invalid_request"),
    ("a username of markup", {"username": "<b>bold</b>"}, 400, "invalid_request"),
    ("a list as the e-mail", {"email": []}, 400, "invalid_request"),
    ("no e-mail at all", {"email": "nowhere"}, 400, "invalid_request"),
    ("an unknown field", {"colour": "blue"}, 400, "invalid_request"),
    ("roles of one's own choice", {"roles": ["admin"]}, 400, "invalid_request"),
    ("an origin without the right to it", {"origin": "demo"}, 401, "token_missing"),
    ("an origin that does not exist", {"origin": "moon"}, 400, "invalid_request"),
]


@pytest.mark.parametrize(
    ("changed", "status", "code"), [case[1:] for case in SIGN_UPS], ids=[case[0] for case in SIGN_UPS]
)
def test_a_bad_sign_up_makes_nobody(changed: dict[str, Any], status: int, code: str, stranger: Make) -> None:
    person = stranger()

    assert_problem(person.sign_up(**changed), status, code)
    assert_problem(person.log_in(), 401, "invalid_credentials")


def test_a_name_is_taken_once(member: Make, stranger: Make) -> None:
    first, second = member(), stranger()
    second.username = first.username

    assert_problem(second.sign_up(), 409, "username_taken")
    assert_problem(second.log_in(), 401, "invalid_credentials")


LOG_INS = [
    ("an operator as the password", {"password": {"$gt": ""}}, 400, "invalid_request"),
    ("an operator as the username", {"username": {"$gt": ""}}, 400, "invalid_request"),
    ("null as the password", {"password": None}, 400, "invalid_request"),
    ("an unknown field", {"admin": True}, 400, "invalid_request"),
    ("a wrong password", {"password": "wrong-password"}, 401, "invalid_credentials"),
    ("nobody", {"username": "nobody-of-this-name"}, 401, "invalid_credentials"),
]


@pytest.mark.parametrize(
    ("changed", "status", "code"), [case[1:] for case in LOG_INS], ids=[case[0] for case in LOG_INS]
)
def test_a_bad_log_in_opens_nothing(changed: dict[str, Any], status: int, code: str, pair: Pair) -> None:
    assert_problem(
        Client(pair.payer.platform, pair.payer.username, pair.payer.password).log_in(**changed), status, code
    )


@pytest.mark.parametrize("secret", ["", "wrong", '{"$gt": ""}'])
def test_a_service_client_needs_its_secret(secret: str, platform: Platform) -> None:
    answer = httpx.post(
        f"{platform.auth_url}/v1/token", data={"grant_type": "client_credentials"}, auth=("demo", secret)
    )

    assert answer.status_code == 401
    assert "access_token" not in answer.json()


@pytest.mark.parametrize("page", ["/signup_form", "/login_form"])
def test_a_form_from_elsewhere_is_refused(page: str, platform: Platform, stranger: Make) -> None:
    person = stranger()

    answer = httpx.post(
        f"{platform.auth_url}{page}",
        data={"username": person.username, "email": person.email, "password": person.password},
    )

    assert answer.status_code == 400
    assert_problem(person.log_in(), 401, "invalid_credentials")
