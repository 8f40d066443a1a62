"""The open loop: who comes when, what is measured from when, and whom they pay."""

import asyncio
import random
import statistics
from collections import Counter
from itertools import islice, pairwise

import pytest

from bench.load.arrivals import arrivals, payee_choice
from bench.load.book import Entry
from bench.load.client import Wallet
from bench.load.job import Doors, Job, Open, Person
from bench.load.open_loop import OpenLoop
from bench.load.visits import MIX, VISITS, requests_a_visit
from tests.unit.bench.service import SILENCE, ScriptedService, answer, running

POSTED = answer(201, b'{"id": "t-1", "position": 7}')
PEOPLE = [Person(username=name, password="p", token="t") for name in ("ann", "bob", "eve")]
PAYING = {"payment": 1.0}


def traffic(url: str = "http://127.0.0.1:1", **more: object) -> Open:
    doors = Doors(notification_url=url, analytics_url=url, client_id="c", client_secret="s")
    return Open(**({"per_second": 40, "seconds": 0.5, "mix": PAYING, "think_seconds": 0, "doors": doors} | more))  # type: ignore[arg-type]


def book_of(*answers: bytes | None, timeout_s: float = 1.0, **more: object) -> tuple[list[Entry], ScriptedService]:
    """What half a second of visits to a service of a few lines leaves behind."""

    async def scenario() -> tuple[list[Entry], ScriptedService]:
        async with running(*answers) as service:
            asked = traffic(service.url, **more)
            job = Job(
                auth_url=service.url,
                transaction_url=service.url,
                people=PEOPLE,
                traffic=asked,
                book_path="unused",
                timeout_s=timeout_s,
                give_up_s=5,
            )
            book: list[Entry] = []
            dues: list[float] = []

            def is_over(due: float) -> bool:
                dues.append(due)
                return due >= dues[0] + asked.seconds

            await OpenLoop(job, asked, Wallet(PEOPLE, service.url, timeout_s=1), book).run(is_over)
            return book, service

    return asyncio.run(scenario())


def test_constant_arrivals_come_in_even_steps() -> None:
    assert list(islice(arrivals("constant", 4, random.Random(1)), 5)) == [0, 0.25, 0.5, 0.75, 1.0]


def test_poisson_arrivals_keep_the_rate_and_nothing_else() -> None:
    at = list(islice(arrivals("poisson", 50, random.Random(1)), 20_001))
    gaps = [later - earlier for earlier, later in pairwise(at)]

    # The gaps of a Poisson process are exponential: mean and deviation are the same.
    assert statistics.mean(gaps) == pytest.approx(1 / 50, rel=0.03)
    assert statistics.stdev(gaps) == pytest.approx(1 / 50, rel=0.03)


@pytest.mark.parametrize(
    ("how", "share"), [("uniform", 1 / 100), ("hot", 0.5), ("heavy", 1 / sum(1 / n for n in range(1, 101)))]
)
def test_the_first_payee_is_paid_as_often_as_the_choice_says(how: str, share: float) -> None:
    people = [f"p-{number}" for number in range(100)]
    choose = payee_choice(traffic(payees=how), people, random.Random(1))

    paid = Counter(choose("somebody") for _ in range(20_000))

    assert paid["p-0"] / 20_000 == pytest.approx(share, rel=0.15)
    assert len(paid) == 100


@pytest.mark.parametrize("how", ["uniform", "hot", "heavy"])
def test_nobody_pays_themselves(how: str) -> None:
    choose = payee_choice(traffic(payees=how, hot_share=1.0), ["p-0", "p-1"], random.Random(1))

    assert {choose("p-0") for _ in range(50)} == {"p-1"}


def test_the_usual_mix_is_of_visits_that_there_are() -> None:
    assert set(MIX) <= set(VISITS)
    assert requests_a_visit({"payment": 1, "look": 3}) == pytest.approx((2 + 3 * 3) / 4)


def test_a_visit_looks_then_pays_and_each_is_in_the_book() -> None:
    book, service = book_of(POSTED, arrivals="constant")

    acts = Counter(entry.act for entry in book)
    assert acts == {"balance": 10, "pay": 10}
    assert {entry.outcome for entry in book} == {"accepted"}
    assert {request.split(b" ")[1] for request in service.requests} == {b"/v1/accounts", b"/v1/transfers"}
    keys = {entry.key for entry in book if entry.act == "pay"}
    assert len(keys) == acts["pay"]
    assert {entry.transfer_id for entry in book if entry.act == "balance"} == {None}


def test_slow_answers_make_arrivals_no_fewer_and_their_waiting_is_measured() -> None:
    """The first answer never comes; a closed loop of one client would have sent nothing else meanwhile."""
    book, _ = book_of(SILENCE, POSTED, timeout_s=0.4, arrivals="constant")

    slow = [entry for entry in book if entry.unanswered]
    assert len(slow) == 1
    assert slow[0].latency > 0.4
    assert len([entry for entry in book if entry.act == "balance"]) == 10
    assert all(entry.due_at <= entry.sent_at + 0.001 for entry in book)


def test_a_payment_without_an_answer_is_sent_again_by_its_key() -> None:
    book, service = book_of(POSTED, SILENCE, POSTED, timeout_s=0.3, per_second=4)

    repeated = [entry for entry in book if entry.attempts > 1]
    keys = Counter(
        request.partition(b"Idempotency-Key: ")[2].partition(b"\r\n")[0]
        for request in service.requests
        if b"Idempotency-Key" in request
    )
    assert [entry.act for entry in repeated] == ["pay"]
    assert keys[(repeated[0].key or "").encode()] == 2


def test_who_logs_in_goes_on_with_the_new_token() -> None:
    fresh = answer(200, b'{"access_token": "fresh", "id": "t-1", "position": 7}')
    book, service = book_of(fresh, mix={"return": 1.0}, per_second=8)

    after = [request for request in service.requests if b"/v1/login" not in request]
    assert {entry.act for entry in book} == set(VISITS["return"])
    assert all(b"Bearer fresh" in request for request in after)


def test_who_joins_is_signed_up_and_logs_in() -> None:
    told = answer(201, b'{"access_token": "t"}')
    token = answer(200, b'{"access_token": "service"}')
    book, service = book_of(token, told, answer(200, b'{"access_token": "own"}'), mix={"joining": 1.0}, per_second=1)

    assert [entry.act for entry in book] == ["sign_up", "log_in", "balance"]
    assert {entry.outcome for entry in book} == {"accepted"}
    paths = [request.split(b" ")[1] for request in service.requests]
    assert paths == [b"/v1/token", b"/v1/users", b"/v1/login", b"/v1/accounts"]
    assert b"Bearer own" in service.requests[-1]
