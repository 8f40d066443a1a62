"""The history and the page of one transfer, with what may be done about it, as a person's browser sees them."""

from __future__ import annotations

import pytest

from tests.unit.transaction_service.ledgers import following, holding, later, opening, paying, splitting
from tests.unit.transaction_service.visits import Visit, text_of, value_of
from transaction_service.domain import Reason
from transaction_service.presentation import LIMITS, REASONS


@pytest.fixture
def people():
    return ("ann", "bob", "cem")


@pytest.fixture
def ann(front) -> Visit:
    return Visit(front)


@pytest.fixture
def hold(memory) -> str:
    """The page of a hold of EUR 20.00 by ann for bob."""
    return "/transfers/" + memory.book.ask(holding(1, "ann", "bob", 2_000)).body["id"]


@pytest.fixture
def paid(memory) -> str:
    """The page of EUR 20.00 that ann has paid to bob."""
    return "/transfers/" + memory.book.ask(paying(2, "ann", "bob", 2_000)).body["id"]


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_either_side_of_a_hold_can_pay_out_a_part_of_it(ann, memory, hold, who):
    ann.sign_in(who)
    done = ann.press(hold, "capture", amount="15")
    assert done.headers["Location"] == f"{hold}?done=capture"
    page = text_of(ann.get(done.headers["Location"]))
    assert "Paid out." in page
    assert "Was held €20.00" in page
    assert (memory.book.posted("bob"), memory.book.account("ann").available) == (101_500, 98_500)


def test_a_hold_that_is_called_off_moves_nothing(ann, memory, hold):
    page = text_of(ann.get(ann.press(hold, "void").headers["Location"]))
    assert "Called off. No money has moved." in page
    assert memory.book.account("ann").available == 100_000


def test_a_hold_that_has_ended_offers_nothing_and_refuses_a_form_that_was_open(ann, memory, hold):
    form = {f"capture-{name}": value_of(ann.get(hold), f"capture-{name}") for name in ("csrf_token", "key")}
    ann.press(hold, "void")
    answer = ann.browser.post(f"{hold}/capture", data=form)
    assert answer.status_code == 422
    assert "The hold has ended already" in text_of(answer)
    assert "Pay it out" not in text_of(answer)


@pytest.mark.parametrize(
    ("amount", "status", "text"),
    [
        ("20.01", 422, "more than was held. The most is €20.00."),
        ("x", 400, "amount like 12.50"),
        ("0", 400, "more than zero"),
    ],
)
def test_a_mistake_in_an_amount_is_told_beside_it_and_the_form_can_be_sent_again(
    ann, memory, hold, amount, status, text
):
    answer = ann.press(hold, "capture", amount=amount)
    assert answer.status_code == status
    assert text in text_of(answer)
    assert f'value="{amount}"' in answer.text
    assert ann.press(hold, "capture", amount="20").status_code == 303
    assert memory.book.posted("bob") == 102_000


def test_what_is_pressed_twice_is_done_once(ann, memory, paid):
    bob = ann
    bob.sign_in("bob")
    form = {f"refund-{name}": value_of(bob.get(paid), f"refund-{name}") for name in ("csrf_token", "key")}
    form["refund-amount"] = "5"
    answers = [bob.browser.post(f"{paid}/refund", data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert memory.book.posted("bob") == 101_500


def test_who_was_paid_can_pay_back_what_is_left(ann, memory, paid):
    ann.sign_in("bob")
    ann.press(paid, "refund", amount="5", note="too much")
    page = text_of(ann.get(paid))
    assert "Paid back €5.00" in page
    assert "all that is left, €15.00" in page
    refused = ann.press(paid, "refund", amount="15.01")
    assert "more than is left to pay back. The most is €15.00." in text_of(refused)
    ann.press(paid, "refund")
    assert memory.book.posted("ann") == 100_000
    assert "Pay it back" not in text_of(ann.get(paid))


def test_who_paid_cannot_pay_back(ann, memory, paid):
    assert "Pay it back" not in text_of(ann.get(paid))
    token = value_of(ann.get("/contacts"), "csrf_token")
    answer = ann.browser.post(f"{paid}/refund", data={"refund-csrf_token": token, "refund-key": "k-9"})
    assert answer.status_code == 403
    assert "only who was paid can pay back" in text_of(answer)
    assert memory.book.posted("bob") == 102_000


def test_when_nobody_answers_the_form_keeps_its_key(ann, memory, hold):
    form = {f"void-{name}": value_of(ann.get(hold), f"void-{name}") for name in ("csrf_token", "key")}
    memory.away = True
    answer = ann.browser.post(f"{hold}/void", data=form)
    assert answer.status_code == 503
    assert value_of(answer, "void-key") == form["void-key"]


@pytest.mark.parametrize("key", ["", "x" * 200, "two words", "\x00"])
def test_a_form_with_a_spoilt_key_gets_a_new_one_and_does_nothing(ann, memory, hold, key):
    token = value_of(ann.get(hold), "void-csrf_token")
    answer = ann.browser.post(f"{hold}/void", data={"void-csrf_token": token, "void-key": key})
    assert answer.status_code == 400
    assert value_of(answer, "void-key") not in ("", key)
    assert memory.book.account("ann").available == 98_000


def test_who_was_paid_by_a_scheduled_transfer_sees_it_and_can_pay_it_back(ann, memory):
    scheduled = memory.book.ask(paying(3, "bob", "ann", 500, execute_at=later(days=1))).body["id"]
    assert ann.get(f"/transfers/{scheduled}").status_code == 404
    memory.book.pass_time(days=2)
    memory.book.ask(following(1, "execute", scheduled, None))
    assert scheduled in ann.get("/history").text
    assert ann.press(f"/transfers/{scheduled}", "refund").status_code == 303
    assert memory.book.posted("ann") == 100_000


def test_only_its_payer_can_call_off_what_is_scheduled(ann, memory):
    scheduled = "/transfers/" + memory.book.ask(paying(3, "ann", "bob", 5, execute_at=later(days=1))).body["id"]
    assert "Call it off" in text_of(ann.get(scheduled))
    assert ann.press(scheduled, "void").status_code == 303
    assert "Called off" in text_of(ann.get(scheduled))
    ann.sign_in("bob")
    assert ann.get(scheduled).status_code == 404


@pytest.mark.parametrize("act", ["capture", "void", "refund"])
def test_a_strangers_transfer_is_not_shown_and_nothing_can_be_done_about_it(ann, memory, hold, act):
    token = value_of(ann.get("/contacts"), "csrf_token")
    ann.sign_in("cem")
    assert ann.get(hold).status_code == 404
    form = {f"{act}-csrf_token": token, f"{act}-key": "k-1"}
    assert ann.browser.post(f"{hold}/{act}", data=form).status_code == 404
    assert memory.book.account("ann").available == 98_000


def test_a_session_that_ended_comes_back_to_the_transfer(ann, hold):
    form = {f"void-{name}": value_of(ann.get(hold), f"void-{name}") for name in ("csrf_token", "key")}
    ann.sign_out()
    answer = ann.browser.post(f"{hold}/void", data=form)
    assert answer.headers["Location"].endswith(
        "login_form?next=http%3A%2F%2Flocalhost%3A5001" + hold.replace("/", "%2F")
    )


def test_the_page_tells_every_step(ann, memory, hold):
    ann.press(hold, "capture", amount="15")
    page = text_of(ann.get(hold))
    assert page.index("Put on hold") < page.index("Hold paid out")


def test_a_split_names_everybody_to_its_payer_alone(ann, memory):
    split = "/transfers/" + memory.book.ask(splitting(1, "ann", {"bob": 700, "cem": 300})).body["id"]
    assert "To @bob and 1 other" in text_of(ann.get(split))
    assert "@cem: €3.00" in text_of(ann.get(split))
    ann.sign_in("cem")
    assert "bob" not in text_of(ann.get(split))


def test_whoever_was_paid_can_be_saved_from_the_transfers_page(ann, paid):
    assert "Paying @bob again?" in text_of(ann.get(paid))
    ann.post("/contacts", username="bob")
    assert "Paying @bob again?" not in text_of(ann.get(paid))


def test_every_reason_of_the_ledger_has_its_sentence():
    assert {str(reason) for reason in Reason} - {"limit_exceeded"} <= set(REASONS)
    assert set(LIMITS) == {"per_transfer", "per_day", "per_payee", "new_payee", "per_minute", "scheduled"}


@pytest.fixture
def lively(memory) -> None:
    """A day on which much has happened."""
    memory.book.ask(paying(10, "ann", "bob", 1_250, note="lunch"))
    memory.book.ask(paying(11, "cem", "ann", 300, note="Lunch, too"))
    memory.book.ask(holding(12, "ann", "cem", 4_000))
    memory.book.ask(paying(13, "ann", "bob", 99_999_00))
    memory.book.pass_time(days=1)
    memory.book.ask(paying(14, "ann", "cem", 77))


@pytest.mark.parametrize(
    ("query", "amounts"),
    [
        ("", ["−€0.77", "−€99,999.00", "−€40.00", "+€3.00", "−€12.50", "+€1,000.00"]),
        ("counterparty=BOB", ["−€99,999.00", "−€12.50"]),
        ("text=lunch", ["+€3.00", "−€12.50"]),
        ("from=2026-11-02", ["−€0.77"]),
        ("to=2026-11-01&status=pending", ["−€40.00"]),
        ("min_amount=3&max_amount=12.50", ["+€3.00", "−€12.50"]),
        ("type=grant", ["+€1,000.00"]),
        ("status=rejected", ["−€99,999.00"]),
        ("counterparty=dan", []),
    ],
)
def test_the_history_is_filtered(ann, lively, query, amounts):
    page = text_of(ann.get(f"/history?{query}"))
    shown = [word for word in page.split() if word[0] in "+−" and "€" in word]
    assert shown == amounts
    assert ("Nothing matches" in page) is (amounts == [])


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("from=2026-11-02&to=2026-11-01", "This is before the first day."),
        ("from=yesterday", "Not a valid date value"),
        ("min_amount=x", "amount like 12.50"),
        ("status=lost", "Not a valid choice"),
        ("account=account-bob-EUR", "Not a valid choice"),
    ],
)
def test_a_filter_that_cannot_be_used_is_explained(ann, query, text):
    answer = ann.get(f"/history?{query}")
    assert answer.status_code == 400
    assert text in text_of(answer)


def test_amounts_of_several_currencies_need_an_account(ann, memory):
    memory.book.ask(opening(300, "ann", "JPY"))
    assert "its currency is meant" in text_of(ann.get("/history?min_amount=3"))
    assert ann.get("/history?min_amount=3&account=account-ann-JPY").status_code == 200


def test_an_amount_means_nothing_to_who_has_no_account_yet(front):
    answer = Visit(front, "stranger").get("/history?min_amount=5")
    assert answer.status_code == 400
    assert "its currency is meant" in text_of(answer)


def test_the_history_is_paged_and_keeps_its_filter(ann, memory):
    for number in range(25):
        memory.book.ask(paying(100 + number, "ann", "bob", 100 + number))
    first = ann.get("/history?counterparty=bob")
    assert "−€1.24" in text_of(first)
    assert "−€1.04" not in text_of(first)
    before = first.text.partition("before=")[2].partition("&")[0]
    second = text_of(ann.get(f"/history?counterparty=bob&before={before}"))
    assert "−€1.04" in second
    assert "−€1.00" in second
    assert "Older" not in second


@pytest.mark.parametrize("before", ["9223372036854775808", "-1", "0", "x", "1e3"])
def test_a_spoilt_link_into_the_history_shows_the_latest(ann, before):
    assert "Sign-up gift" in ann.get(f"/history?before={before}").text


def test_a_refused_attempt_is_no_transfer_of_its_own(ann, memory, hold):
    memory.book.ask(following(1, "capture", hold.rpartition("/")[2], "ann", 9_000))
    assert text_of(ann.get("/history")).count("−€20.00") == 1
    assert "An attempt was refused" in text_of(ann.get(hold))
