"""Large payments ask who has a second factor for a recent proof of it (RFC 9470)."""

from __future__ import annotations

import pytest

from tests.unit.transaction_service.test_api import GOOD, send
from tests.unit.transaction_service.visits import Visit, text_of

LARGE = {**GOOD, "amount": 50_000}
LONG_AGO, LATELY = "ann~0", "ann~9999999999"


def test_a_large_payment_needs_a_recent_proof(front, memory):
    answer = send(front, LARGE, who=LONG_AGO)

    assert (answer.status_code, answer.json["code"], answer.json["max_age"]) == (401, "step_up_required", 600)
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", max_age="600"'
    assert memory.book.posted("bob") == 100_000
    assert send(front, LARGE, who=LATELY).status_code == 201  # the key is still free


def test_the_proof_is_good_for_ten_minutes(front, memory):
    now = int(memory.book.now.timestamp())

    assert send(front, LARGE, who=f"ann~{now - 601}", key="k-1").status_code == 401
    assert send(front, LARGE, who=f"ann~{now - 600}", key="k-2").status_code == 201


@pytest.mark.parametrize(
    ("body", "who"), [({**GOOD, "amount": 49_999}, LONG_AGO), (LARGE, "ann"), ({**LARGE, "dry_run": True}, LONG_AGO)]
)
def test_small_ones_dry_runs_and_who_has_no_second_factor_are_asked_for_nothing(front, body, who):
    assert send(front, body, who=who).status_code < 300


def test_a_batch_is_as_large_as_its_sum(front):
    items = [{**GOOD, "amount": 25_000, "idempotency_key": key} for key in ("a", "b")]
    headers = {"Authorization": f"Bearer {LONG_AGO}"}

    batch = front.post("/v1/transfers/batch", json={"items": items}, headers=headers)

    assert (batch.status_code, batch.json["code"]) == (401, "step_up_required")


def test_the_page_leads_to_the_proof_and_back_to_the_same_payment(front, memory):
    ann = Visit(front, LONG_AGO)
    address = ann.to_confirm(amount="500.00", note="rent")

    answer = ann.confirm(address)

    assert answer.status_code == 303
    assert answer.location.startswith("http://localhost:5000/step_up_form?next=http%3A%2F%2Flocalhost%3A5001%2Fsend_")
    assert memory.book.posted("bob") == 100_000
    ann.sign_in(LATELY)
    page = text_of(ann.get(address))
    assert "500.00" in page
    assert "rent" in page
    assert ann.confirm(address).status_code == 303
    assert memory.book.posted("bob") == 150_000


def test_a_small_payment_on_the_page_asks_for_nothing(front, memory):
    Visit(front, LONG_AGO).send(amount="12.50")

    assert memory.book.posted("bob") == 101_250
