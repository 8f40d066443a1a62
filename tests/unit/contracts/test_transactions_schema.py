"""The schema of topic `transactions` says what is true of each type of event, and refuses what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contracts.codec import InvalidEvent, codec_for
from contracts.topics import HERE

codec = codec_for("transactions")
UNKNOWN = {"account": None, "user_id": None, "amount": 1250, "balance_after": None, "origin": None}


def example(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((HERE / f"examples/transactions/{name}.json").read_text(encoding="utf-8"))
    return event


FALSE_OF_A_TRANSFER = [
    ("transfer.posted", {"status": "pending"}),
    ("transfer.posted", {"reason": "insufficient_funds"}),
    ("transfer.posted", {"type": "refund"}),
    ("transfer.posted", {"payees": []}),
    ("transfer.posted", {"payees": [UNKNOWN]}),
    ("transfer.posted.captured", {"type": "capture"}),
    ("transfer.refunded", {"type": "payment"}),
    ("transfer.refunded", {"original": None}),
    ("transfer.refunded", {"status": "rejected"}),
    ("transfer.refunded", {"payees": 2 * example("transfer.posted")["transfer"]["payees"]}),
    ("transfer.pending", {"expires_at": None}),
    ("transfer.pending", {"payer": example("transfer.posted")["transfer"]["payer"]}),
    ("transfer.pending", {"status": "posted"}),
    ("transfer.scheduled", {"execute_at": None}),
    ("transfer.scheduled", {"status": "pending"}),
    ("transfer.voided", {"expires_at": None}),
    ("transfer.voided", {"status": "expired"}),
    ("transfer.voided.scheduled", {"execute_at": None}),
    ("transfer.expired", {"expires_at": None}),
    ("transfer.expired", {"reason": "not_pending"}),
    ("transfer.rejected", {"reason": None}),
    ("transfer.rejected", {"reason": "bad_mood"}),
    ("transfer.rejected", {"status": "posted"}),
    ("transfer.rejected.capture", {"original": None}),
]


@pytest.mark.parametrize(("name", "changes"), FALSE_OF_A_TRANSFER, ids=lambda value: str(value)[:40])
def test_what_is_never_true_of_a_transfer_is_refused(name, changes):
    event = example(name)
    event["transfer"] |= changes
    with pytest.raises(InvalidEvent):
        codec.encode(event)


@pytest.mark.parametrize("name", ["transfer.posted", "transfer.rejected", "transfer.pending", "account.frozen"])
def test_an_event_is_about_a_transfer_or_an_account_and_never_about_both(name):
    both = example("account.opened") | example("transfer.posted") | example(name)
    neither = {field: value for field, value in example(name).items() if field not in ("transfer", "account")}
    for wrong in (both, neither):
        with pytest.raises(InvalidEvent):
            codec.encode(wrong)


def test_only_the_world_has_no_owner_and_nothing_but_its_opening_happens_to_it():
    of_nobody = {"account": example("account.opened")["account"] | {"user_id": None}}
    codec.encode(example("account.opened") | of_nobody)
    with pytest.raises(InvalidEvent):
        codec.encode(example("account.frozen") | of_nobody)


def test_a_payee_without_an_amount_is_refused():
    event = example("transfer.posted")
    del event["transfer"]["payees"][0]["amount"]
    with pytest.raises(InvalidEvent):
        codec.encode(event)
