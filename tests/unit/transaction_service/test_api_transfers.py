"""Every form of a transfer and what is done about it later, as a program sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.transaction_service.ledgers import NOW, following, later
from tests.unit.transaction_service.requests import code_of, get, post

EUR = {"currency": "EUR"}
TO_BOB = {**EUR, "payee": "bob", "amount": 1_250}
SPLIT = {**EUR, "payees": [{"payee": "bob", "amount": 1_000}, {"payee": "cem", "amount": 250}]}
STAFF = "sue+support"


@pytest.fixture
def people():
    return ("ann", "bob", "cem", "sue")


def hold(front, **more):
    answer = post(front, "/v1/transfers", {**TO_BOB, "hold_seconds": 3_600, **more}, key="hold")
    assert answer.status_code == 202
    return answer.json


def test_a_split_pays_everybody_or_nobody(front, memory):
    answer = post(front, "/v1/transfers", SPLIT)
    assert (answer.status_code, answer.json["amount"]) == (201, 1_250)
    assert (memory.book.posted("bob"), memory.book.posted("cem")) == (101_000, 100_250)


@pytest.mark.parametrize(
    ("payees", "pointer", "code"),
    [
        ([{"payee": "bob", "amount": 1}, {"payee": " BOB ", "amount": 1}], "#/payees/1/payee", "duplicate"),
        ([{"payee": "bob", "amount": 2**53 - 1}, {"payee": "cem", "amount": 1}], "#/payees", "maximum"),
        ([], "#/payees", "minItems"),
        ([{"payee": "bob"}], "#/payees/0/amount", "required"),
    ],
    ids=["a payee twice", "more than a number holds", "nobody", "no amount"],
)
def test_a_split_that_makes_no_sense_is_refused_at_its_place(front, memory, payees, pointer, code):
    answer = post(front, "/v1/transfers", {**EUR, "payees": payees})
    (mistake,) = answer.json["errors"]
    assert (answer.status_code, mistake["pointer"], mistake["code"]) == (400, pointer, code)
    assert memory.book.posted("ann") == 100_000


@pytest.mark.parametrize(
    "body",
    [
        EUR,
        {**EUR, "payee": "bob"},
        {**EUR, "amount": 1},
        {**TO_BOB, "payee_account": "account-ann-EUR"},
        {**TO_BOB, "payees": [{"payee": "cem", "amount": 1}]},
        {**SPLIT, "amount": 1_250},
        {**TO_BOB, "hold_seconds": 60, "execute_at": later(hours=1)},
        {**TO_BOB, "hold_seconds": 59},
        {**TO_BOB, "hold_seconds": 2_592_001},
        {**TO_BOB, "execute_at": "tomorrow"},
        {**TO_BOB, "execute_at": "2026-11-02T09:00:00"},
        {**TO_BOB, "execute_at": "2026-02-30T09:00:00Z"},
        {**TO_BOB, "execute_at": "0001-01-01T00:00:00+14:00"},
        {**TO_BOB, "execute_at": later(days=367)},
        {**TO_BOB, "execute_at": later(days=-2)},
        {**TO_BOB, "dry_run": "yes"},
    ],
)
def test_forms_that_are_none_consume_no_key(front, memory, body):
    assert code_of(post(front, "/v1/transfers", body)) == (400, "invalid_request")
    assert post(front, "/v1/transfers", TO_BOB).status_code == 201


def test_money_goes_between_ones_own_accounts_by_their_ids(front, memory):
    savings = post(front, "/v1/accounts", {**EUR, "purpose": "savings"}).json["account"]["id"]
    answer = post(front, "/v1/transfers", {**EUR, "payee_account": savings, "amount": 700})
    assert answer.status_code == 201
    assert memory.book.accounts[savings].posted == 700


def test_between_ones_own_accounts_each_has_its_own_side_of_it(front):
    savings = post(front, "/v1/accounts", {**EUR, "purpose": "savings"}).json["account"]["id"]
    post(front, "/v1/transfers", {**EUR, "payee_account": savings, "amount": 700})
    sides = [get(front, f"/v1/transfers?account={id}").json["transfers"][0] for id in (savings, "account-ann-EUR")]
    assert [(side["direction"], side["balance_after"]) for side in sides] == [("in", 700), ("out", 99_300)]
    whole = get(front, "/v1/transfers").json["transfers"][0]
    assert (whole["direction"], whole["balance_after"]) == ("out", 99_300)


def test_another_ones_account_cannot_be_paid_by_its_id(front):
    body = {**EUR, "payee_account": "account-bob-EUR", "amount": 700}
    assert code_of(post(front, "/v1/transfers", body)) == (422, "unknown_payee")


def test_a_dry_run_needs_no_key_uses_none_and_writes_nothing(front, memory):
    before = len(memory.book.records)
    answer = post(front, "/v1/transfers", {**TO_BOB, "dry_run": True}, key=None)
    assert (answer.status_code, answer.json["dry_run"], answer.json["balance_after"]) == (200, True, 98_750)
    assert "id" not in answer.json
    assert len(memory.book.records) == before


def test_a_dry_run_that_would_be_rejected_says_why(front):
    answer = post(front, "/v1/transfers", {**TO_BOB, "amount": 500_000, "dry_run": True}, key=None)
    assert code_of(answer) == (422, "insufficient_funds")
    assert (answer.json["transfer"]["dry_run"], answer.json["transfer"]["available"]) == (True, 100_000)


def test_a_hold_keeps_money_until_it_is_captured(front, memory):
    held = hold(front)
    assert memory.book.account("ann").available == 98_750
    captured = post(front, f"/v1/transfers/{held['id']}/capture", {"amount": 1_000}, who="bob", key="c")
    assert (captured.status_code, captured.json["status"], captured.json["held"]) == (200, "posted", 1_250)
    assert (memory.book.posted("ann"), memory.book.account("ann").available) == (99_000, 99_000)


def test_a_repeated_hold_ends_when_the_first_one_does(front, memory):
    held = hold(front)
    memory.book.pass_time(minutes=5)
    again = post(front, "/v1/transfers", {**TO_BOB, "hold_seconds": 3_600}, key="hold")
    assert (again.status_code, again.json) == (202, held)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_hold_can_be_given_up_once(front, memory):
    path = f"/v1/transfers/{hold(front)['id']}/void"
    assert post(front, path, key="v-1").json["status"] == "voided"
    assert code_of(post(front, path, key="v-2")) == (422, "not_pending")
    assert memory.book.account("ann").available == 100_000


def test_more_than_was_held_cannot_be_captured(front):
    answer = post(front, f"/v1/transfers/{hold(front)['id']}/capture", {"amount": 1_251}, who="bob")
    assert code_of(answer) == (422, "exceeds_hold")
    assert answer.json["transfer"]["held"] == 1_250


@pytest.mark.parametrize("act", ["capture", "void"])
def test_who_is_paid_with_others_is_told_their_own_part_alone(front, act):
    held = post(front, "/v1/transfers", {**SPLIT, "hold_seconds": 3_600}, key="hold").json
    path = f"/v1/transfers/{held['id']}"
    refused = post(front, f"{path}/capture", {"amount": 9_999}, who="cem", key="c-1")
    assert code_of(refused) == (422, "payee_not_named")
    done = post(front, f"{path}/{act}", who="cem", key="c-2")
    again = post(front, f"{path}/{act}", who="cem", key="c-2")
    assert done.status_code == again.status_code == 200
    for told in (refused.json["transfer"], done.json, again.json):
        assert ([payee["username"] for payee in told["payees"]], told["amount"]) == (["cem"], 250)
        assert "held" not in told
        assert "bob" not in str(told)


def test_the_payer_of_a_split_is_told_the_whole(front):
    held = post(front, "/v1/transfers", {**SPLIT, "hold_seconds": 3_600}, key="hold").json
    done = post(front, f"/v1/transfers/{held['id']}/capture", key="c").json
    assert (len(done["payees"]), done["amount"], done["held"]) == (2, 1_250, 1_250)


def test_a_scheduled_transfer_waits_and_may_be_cancelled_by_its_payer(front, memory):
    moment = (NOW + timedelta(hours=10)).isoformat().replace("+00:00", "Z")
    answer = post(front, "/v1/transfers", {**TO_BOB, "execute_at": moment})
    assert (answer.status_code, answer.json["execute_at"]) == (202, later(hours=10))
    path = f"/v1/transfers/{answer.json['id']}/void"
    assert code_of(post(front, path, who="bob", key="b")) == (404, "transfer_not_found")
    assert post(front, path, key="v").json["status"] == "voided"
    assert memory.book.posted("bob") == 100_000


def test_a_scheduled_transfer_that_is_repeated_after_its_moment_gets_its_answer(front, memory):
    body = {**TO_BOB, "execute_at": later(hours=1)}
    first = post(front, "/v1/transfers", body)
    memory.book.pass_time(hours=2)
    assert post(front, "/v1/transfers", body).json == first.json


def test_a_payee_refunds_in_parts_never_more_than_was_paid(front, memory):
    path = f"/v1/transfers/{post(front, '/v1/transfers', TO_BOB).json['id']}/refund"
    part = post(front, path, {"amount": 1_000, "note": "too much"}, who="bob", key="r-1")
    assert (part.status_code, part.json["type"], part.json["note"]) == (201, "refund", "too much")
    too_much = post(front, path, {"amount": 251}, who="bob", key="r-2")
    assert (*code_of(too_much), too_much.json["transfer"]["left"]) == (422, "exceeds_paid", 250)
    assert post(front, path, who="bob", key="r-3").json["amount"] == 250
    assert memory.book.posted("ann") == 100_000


def test_of_a_split_each_payee_sees_what_they_paid_back_and_the_payer_all_of_it(front):
    path = f"/v1/transfers/{post(front, '/v1/transfers', SPLIT).json['id']}"
    post(front, f"{path}/refund", who="cem", key="r-1")
    post(front, f"{path}/refund", {"amount": 100}, who="bob", key="r-2")
    seen = {who: get(front, path, who).json["transfer"]["refunded"] for who in ("ann", "bob", "cem")}
    assert seen == {"ann": 350, "bob": 100, "cem": 250}


def test_a_refund_is_not_the_payers_to_give(front):
    path = f"/v1/transfers/{post(front, '/v1/transfers', TO_BOB).json['id']}/refund"
    assert code_of(post(front, path, key="r")) == (403, "not_your_account")
    assert code_of(post(front, path, who="cem", key="r")) == (404, "transfer_not_found")


def test_staff_takes_back_what_is_left_of_one_payee(front, memory):
    path = f"/v1/transfers/{post(front, '/v1/transfers', SPLIT).json['id']}/reverse"
    assert code_of(post(front, path, who=STAFF, key="r-1")) == (422, "payee_not_named")
    answer = post(front, path, {"payee": "cem", "note": "report 17"}, who=STAFF, key="r-2")
    assert (answer.status_code, answer.json["type"], answer.json["amount"]) == (201, "reversal", 250)
    assert memory.book.posted("cem") == 100_000


@pytest.mark.parametrize("act", ["capture", "void", "refund"])
def test_what_is_done_about_a_transfer_that_nobody_knows_is_a_404(front, act):
    assert code_of(post(front, f"/v1/transfers/no-such/{act}")) == (404, "transfer_not_found")


@pytest.mark.parametrize("act", ["capture", "void", "refund", "reverse"])
def test_everything_that_is_done_about_a_transfer_needs_a_key(front, act):
    answer = post(front, f"/v1/transfers/x/{act}", who=STAFF, key=None)
    assert code_of(answer) == (400, "idempotency_key_missing")


def test_the_same_key_for_another_act_is_refused(front):
    held = hold(front)["id"]
    post(front, f"/v1/transfers/{held}/capture", who="bob", key="one")
    assert code_of(post(front, f"/v1/transfers/{held}/void", who="bob", key="one")) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("path", ["/v1/deposits", "/v1/withdrawals"])
def test_money_from_and_to_the_outside_is_moved_by_staff_and_adds_up(front, memory, path):
    body = {**EUR, "username": " BOB ", "amount": 5_000, "note": "bank transfer 4711"}
    assert code_of(post(front, path, body)) == (403, "role_missing")
    answer = post(front, path, body, who=STAFF)
    sign = 1 if path == "/v1/deposits" else -1
    assert (answer.status_code, answer.json["type"] + "s") == (201, path.removeprefix("/v1/"))
    assert memory.book.posted("bob") == 100_000 + sign * 5_000
    assert sum(account.posted for account in memory.book.accounts.values()) == 0
    assert memory.book.records[-1].actor == {"id": "user-sue", "role": "support"}


@pytest.mark.parametrize("path", ["/v1/deposits", "/v1/withdrawals"])
def test_staff_leave_their_own_money_to_a_colleague(front, memory, path):
    body = {**EUR, "username": "bob", "amount": 5_000, "note": "cash"}
    assert code_of(post(front, path, body, who="bob+support")) == (403, "own_account")
    assert memory.book.posted("bob") == 100_000


@pytest.mark.parametrize("who", ["ann+support", "bob+admin"])
def test_staff_reverse_no_transfer_of_their_own(front, memory, who):
    path = f"/v1/transfers/{post(front, '/v1/transfers', SPLIT).json['id']}/reverse"
    assert code_of(post(front, path, who=who, key="r-1")) == (403, "own_account")
    assert memory.book.posted("bob") > 100_000


def test_a_deposit_in_a_currency_that_the_user_has_not_is_rejected(front):
    body = {"currency": "USD", "username": "bob", "amount": 5_000, "note": "cash"}
    assert code_of(post(front, "/v1/deposits", body, who=STAFF)) == (422, "currency_mismatch")


def test_a_withdrawal_from_nobody_is_refused(front):
    body = {**EUR, "username": "nobody", "amount": 5_000, "note": "cash"}
    assert code_of(post(front, "/v1/withdrawals", body, who=STAFF)) == (409, "no_account")


@pytest.mark.parametrize(
    "path", ["/v1/transfers/x/capture", "/v1/deposits", "/v1/accounts", "/v1/accounts/x/close", "/v1/transfers"]
)
def test_while_the_ledger_is_away_every_command_says_when_to_come_again(front, memory, path):
    bodies = {
        "/v1/deposits": {**EUR, "username": "bob", "amount": 1, "note": "cash"},
        "/v1/accounts": EUR,
        "/v1/transfers": TO_BOB,
    }
    memory.away = True
    answer = post(front, path, bodies.get(path), who=STAFF)
    assert code_of(answer) == (503, "ledger_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_each_side_of_a_hold_sees_its_own_refused_attempts_and_the_latest_of_them(front, memory):
    hold = post(front, "/v1/transfers", {**TO_BOB, "hold_seconds": 3_600}).json["id"]
    memory.book.ask(following(1, "void", hold, "ann"))
    for number in range(2, 112):
        memory.book.ask(following(number, "capture", hold, "bob"))
    memory.book.ask(following(112, "capture", hold, "ann"))
    of_ann, of_bob = (get(front, f"/v1/transfers/{hold}", who=who).json["steps"] for who in ("ann", "bob"))
    assert [step["outcome"] for step in of_ann] == ["pending", "voided", "rejected"]
    assert [step["outcome"] for step in of_bob] == ["pending", "voided"] + ["rejected"] * 100
