"""Sending money, as a person's browser sees it: the form, the confirm step, the answer."""

from __future__ import annotations

import pytest

from tests.unit.transaction_service.ledgers import an_id, changing, limiting, opening, opening_the_world, paying
from tests.unit.transaction_service.visits import Visit, text_of, value_of

ANN = "account-ann-EUR"


@pytest.fixture
def ann(front) -> Visit:
    return Visit(front)


def balances(memory):
    return memory.book.posted("ann"), memory.book.posted("bob")


def test_whoever_is_not_signed_in_is_shown_where_to_log_in(front):
    page = Visit(front, None).browser.get("/send_transaction", follow_redirects=True)
    assert "/login_form?next=http%3A%2F%2Flocalhost%3A5001%2Fsend_transaction" in page.text
    assert 'type="password"' not in page.text


def test_the_way_to_the_log_in_leads_back_to_a_form_that_was_filled_by_its_link(front):
    page = Visit(front, None).browser.get("/send_transaction?to=bob", follow_redirects=True)
    assert "next=http%3A%2F%2Flocalhost%3A5001%2Fsend_transaction%3Fto%3Dbob" in page.text


@pytest.mark.parametrize("next", ["https://evil.example/", "//evil.example", "/send_transaction?to=x\nSet-Cookie:a"])
def test_the_way_back_leads_nowhere_else(front, next):
    page = Visit(front, None).browser.get("/login_transaction_form", query_string={"next": next})
    assert "evil" not in page.text
    assert "next=http%3A%2F%2Flocalhost%3A5001%2Fsend_transaction&#34;" not in page.text
    assert "next=http%3A%2F%2Flocalhost%3A5001%2Fsend_transaction" in page.text


def test_the_page_shows_balances_history_and_what_may_be_sent(ann, memory):
    memory.book.ask(paying(1, "ann", "bob", 1_000, expires_at="2026-11-02T09:30:00.000Z"))
    page = text_of(ann.get("/send_transaction"))
    assert "€990.00 available · €10.00 on hold · balance €1,000.00" in page
    assert "Sign-up gift" in page
    assert "On hold" in page
    assert "Left today €4,990.00 of €5,000.00" in page


def test_a_person_without_an_account_yet_is_told_to_wait_a_moment(front):
    page = Visit(front, "stranger").get("/send_transaction")
    assert "being opened" in page.text
    assert page.headers["Refresh"]


def test_a_browser_keeps_no_page_so_that_going_back_shows_how_things_are(ann):
    for path in ("/send_transaction", "/history", "/contacts", "/accounts", ann.send()):
        assert ann.get(path).headers["Cache-Control"] == "no-store"


def test_nothing_is_sent_before_the_confirm_step(ann, memory):
    address = ann.to_confirm(note="lunch")
    page = text_of(ann.get(address))
    assert "€12.50 to @bob" in page
    assert "lunch" in page
    assert "Stays in the account €987.50" in page
    assert "Left of today’s limit €4,987.50" in page
    assert balances(memory) == (100_000, 100_000)


def test_sending_leads_to_the_transfers_page(ann, memory):
    page = text_of(ann.get(ann.send(note="lunch")))
    assert "Sent." in page
    assert "−€12.50" in page
    assert "lunch" in page
    assert balances(memory) == (98_750, 101_250)


def test_a_first_payment_is_said_to_be_one_and_later_ones_when_the_last_was(ann, memory):
    first = text_of(ann.get(ann.to_confirm()))
    assert "First payment to @bob." in first
    ann.send()
    memory.book.pass_time(days=3)
    assert "Paid before on Nov 1, 2026" in text_of(ann.get(ann.to_confirm()))
    ann.send()
    again = text_of(ann.get(ann.to_confirm()))
    assert "Paid before since Nov 1, 2026, last on Nov 4, 2026" in again
    assert "First payment" not in again


def test_the_same_again_a_moment_later_is_asked_about(ann, memory):
    ann.send()
    assert "You have just done this." in text_of(ann.get(ann.to_confirm()))
    assert "You have just done this." not in text_of(ann.get(ann.to_confirm(amount="12.51")))
    memory.book.pass_time(minutes=11)
    assert "You have just done this." not in text_of(ann.get(ann.to_confirm()))


def test_a_second_click_is_the_same_transfer(ann, memory):
    address = ann.to_confirm()
    token = value_of(ann.get(address), "csrf_token")
    first, second = (ann.confirm(address, token).headers["Location"].partition("?")[0] for _ in range(2))
    assert first == second
    assert balances(memory) == (98_750, 101_250)


def test_the_confirm_step_from_the_back_button_says_what_happened(ann, memory):
    address = ann.to_confirm()
    sent = ann.confirm(address).headers["Location"].partition("?")[0]
    back = ann.browser.get(address, follow_redirects=True)
    assert back.request.path == sent
    assert "You confirmed this before. It was done once" in text_of(back)
    assert balances(memory) == (98_750, 101_250)


def test_what_was_refused_at_the_last_moment_is_told_on_its_page(ann, memory):
    address = ann.to_confirm(amount="900")
    token = value_of(ann.get(address), "csrf_token")
    memory.book.ask(paying(1, "ann", "bob", 50_000))
    page = text_of(ann.browser.post(address, data={"csrf_token": token}, follow_redirects=True))
    assert "Nothing was sent." in page
    assert "You can send up to €500.00." in page
    assert "Try again" in page
    assert "Sent." not in page


def test_a_confirm_step_on_which_things_have_changed_has_no_button(ann, memory):
    address = ann.to_confirm(amount="900")
    memory.book.ask(paying(1, "ann", "bob", 50_000))
    page = ann.get(address)
    assert page.status_code == 422
    assert "You can send up to €500.00." in text_of(page)
    assert "<button" not in page.text[page.text.index("<main") :]


def test_when_the_outcome_is_unknown_the_same_key_is_asked_again(ann, memory):
    address = ann.to_confirm()
    token = value_of(ann.get(address), "csrf_token")
    memory.away = True
    answer = ann.confirm(address, token)
    assert answer.status_code == 503
    assert "nothing is done twice" in text_of(answer)
    assert f'action="{address}"' in answer.text
    memory.away = False
    assert "sent=now" in ann.confirm(address, token).headers["Location"]
    assert balances(memory) == (98_750, 101_250)


def test_a_yes_whose_answer_was_lost_is_done_once_and_told_of(ann, memory):
    address = ann.to_confirm()
    token = value_of(ann.get(address), "csrf_token")
    memory.answers_get_lost = True
    assert ann.confirm(address, token).status_code == 503
    memory.answers_get_lost = False
    sent = ann.confirm(address, token).headers["Location"].partition("?")[0]
    assert ann.get(address).headers["Location"] == f"{sent}?sent=before"
    assert balances(memory) == (98_750, 101_250)


def test_a_form_that_nobody_could_check_is_shown_again_as_it_was(ann, memory):
    form = ann.fill(note="keep me")
    memory.away = True
    answer = ann.browser.post("/send_transaction", data=form)
    assert answer.status_code == 503
    assert "keep me" in answer.text


def test_a_session_that_ended_at_the_form_loses_nothing_of_it(ann):
    form = ann.fill(amount="7.25", note="keep me")
    ann.sign_out()
    answer = ann.browser.post("/send_transaction", data=form)
    assert answer.headers["Location"] == "/login_transaction_form"
    ann.sign_in("ann")
    page = ann.get("/send_transaction")
    assert (value_of(page, "payee"), value_of(page, "amount"), value_of(page, "note")) == ("bob", "7.25", "keep me")


def test_a_session_that_ended_at_the_confirm_step_comes_back_to_it(ann, memory):
    address = ann.to_confirm()
    token = value_of(ann.get(address), "csrf_token")
    ann.sign_out()
    location = ann.confirm(address, token).headers["Location"]
    assert location.endswith("/login_form?next=http%3A%2F%2Flocalhost%3A5001" + address.replace("/", "%2F"))
    ann.sign_in("ann")
    ann.confirm(address)
    assert balances(memory) == (98_750, 101_250)


def test_a_draft_is_its_authors_alone(ann, memory):
    address = ann.to_confirm()
    ann.sign_in("bob")
    page = ann.browser.get(address, follow_redirects=True)
    assert "That form is no longer here" in text_of(page)
    assert balances(memory) == (100_000, 100_000)


@pytest.mark.parametrize("key", ["no-such-key", "x" * 300, "%00", an_id(500_000)])
def test_a_confirm_step_without_its_draft_sends_nothing(ann, memory, key):
    assert "no longer here" in text_of(ann.browser.get(f"/send_transaction/{key}", follow_redirects=True))
    assert balances(memory) == (100_000, 100_000)


def test_a_draft_can_be_changed(ann):
    address = ann.to_confirm(amount="7.5", note="tea", when="hold", hold="3600")
    page = ann.get("/send_transaction?draft=" + address.rpartition("/")[2])
    assert [value_of(page, name) for name in ("payee", "amount", "note", "hold")] == ["bob", "7.50", "tea", "3600"]


def test_a_username_may_be_typed_as_it_is_shown(ann):
    assert "€12.50 to @bob" in text_of(ann.get(ann.to_confirm(payee=" @Bob ")))


def test_a_link_may_name_the_payee(ann):
    assert value_of(ann.get("/send_transaction?to=bob"), "payee") == "bob"


def test_the_cookie_holds_three_drafts_and_a_form_however_badly_they_can_be_packed(ann):
    notes = ["".join(chr(0x4E00 + 7919 * (200 * n + place) % 20_011) for place in range(200)) for n in range(5)]
    addresses = [ann.to_confirm(note=notes[n], when="later", at="2026-11-02T10:00") for n in range(4)]
    form = ann.fill(note=notes[4], payee="p" * 64)
    assert all(ann.get(address).status_code == 200 for address in addresses[1:])
    assert "no longer here" in text_of(ann.browser.get(addresses[0], follow_redirects=True))
    ann.sign_out()
    ann.browser.post("/send_transaction", data=form)
    assert len(ann.browser.get_cookie("transaction_web").value) < 4_000


def test_without_its_token_a_form_moves_nothing(ann, memory):
    form = ann.fill()
    del form["csrf_token"]
    assert ann.browser.post("/send_transaction", data=form).status_code == 400
    assert ann.browser.post(ann.to_confirm()).status_code == 400
    assert balances(memory) == (100_000, 100_000)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"amount": "-1"}, "amount like 12.50"),
        ({"amount": "1,000"}, "amount like 12.50"),
        ({"amount": "1E999999999"}, "amount like 12.50"),
        ({"amount": "0"}, "more than zero"),
        ({"amount": "NaN"}, "amount like 12.50"),
        ({"amount": "1.234"}, "amount like 12.50"),
        ({"amount": ""}, "How much?"),
        ({"payee": " "}, "Who is to get the money?"),
        ({"payee": "nobody"}, "Nobody here has that username."),
        ({"payee": "ann"}, "You cannot send money to yourself."),
        ({"payee": "\x00"}, "Nobody here has that username."),
        ({"amount": "1500"}, "You can send up to €1,000.00."),
        ({"account": "account-bob-EUR"}, "Not a valid choice"),
        ({"when": "never"}, "Not a valid choice"),
        ({"when": "hold", "hold": "5"}, "Not a valid choice"),
        ({"when": "later"}, "Choose the day and the time."),
        ({"when": "later", "at": "2026-11-01T09:30"}, "Choose a moment that is to come"),
        ({"when": "later", "at": "2028-01-01T00:00"}, "Choose a moment that is to come"),
    ],
    ids=repr,
)
def test_a_mistake_is_explained_and_what_was_typed_is_kept(ann, memory, values, text):
    answer = ann.ask(note="keep me", **values)
    assert answer.status_code in (400, 422)
    assert text in text_of(answer)
    assert "keep me" in answer.text
    assert balances(memory) == (100_000, 100_000)


def test_a_mistake_is_told_beside_its_field(ann):
    page = ann.ask(amount="1500").text
    assert 'aria-describedby="amount-error"' in page
    assert 'aria-invalid="true"' in page
    assert 'id="amount-error">Your balance' in page


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        ({"per_transfer": 500}, "more than you can send at once. You can send up to €5.00."),
        ({"per_day": 700}, "more than is left of today's limit. You can send up to €7.00 until midnight UTC."),
        ({"per_payee": 800}, "Today it can be up to €8.00 more."),
        ({"new_payee": 900}, "can get up to €9.00 more for now."),
    ],
    ids=repr,
)
def test_every_limit_says_what_would_be_allowed(ann, memory, limits, text):
    memory.book.ask(limiting(1, ANN, **limits))
    answer = ann.ask()
    assert answer.status_code == 422
    assert text in text_of(answer)


def test_who_sends_very_often_is_asked_to_wait(ann, memory):
    ann.send()
    memory.book.ask(limiting(1, ANN, per_minute=1))
    assert "Wait for the next minute." in text_of(ann.ask())


def test_a_frozen_account_says_so(ann, memory):
    memory.book.ask(changing(1, "freeze", ANN, "sue", role="support"))
    answer = ann.ask()
    assert (answer.status_code, "This account is frozen." in text_of(answer)) == (422, True)


def test_a_payee_who_takes_nothing_is_named_as_the_reason(ann, memory):
    memory.book.ask(changing(1, "freeze", "account-bob-EUR", "sue", role="support"))
    assert "The payee's account does not take payments now." in text_of(ann.ask())


def test_after_thirty_strangers_an_hour_nobody_new_is_looked_up(ann, memory):
    ann.send()
    for number in range(29):
        assert "Nobody here has that username." in text_of(ann.ask(payee=f"guess-{number}"))
    refused = ann.ask(payee="cem")
    assert refused.status_code == 429
    assert "Try again in 31 minutes" in text_of(refused)
    assert "sent=now" in ann.send()


def test_money_is_held_for_as_long_as_was_chosen(ann, memory):
    address = ann.to_confirm(when="hold", hold="3600")
    assert "Held for one hour" in text_of(ann.get(address))
    page = text_of(ann.get(ann.confirm(address).headers["Location"]))
    assert "It is on hold." in page
    assert "Held until Nov 1, 2026, 10:30:00 UTC" in page
    assert memory.book.account("ann").available == 98_750
    assert balances(memory) == (100_000, 100_000)


def test_money_is_scheduled_for_a_moment_and_not_looked_at_before(ann, memory):
    address = ann.to_confirm(amount="1999", when="later", at="2026-11-02T08:00")
    assert "Balance and limits are looked at then" in text_of(ann.get(address))
    page = text_of(ann.get(ann.confirm(address).headers["Location"]))
    assert "It is scheduled." in page
    assert "To be sent Nov 2, 2026, 08:00:00 UTC" in page
    assert balances(memory) == (100_000, 100_000)


@pytest.fixture
def savings(memory) -> str:
    """Another account of ann's."""
    memory.book.ask(opening(300, "ann", purpose="savings"))
    return "account-ann-EUR-savings"


def test_money_moves_between_ones_own_accounts_without_a_limit(ann, memory, savings):
    memory.book.ask(limiting(1, ANN, per_transfer=1))
    address = ann.to_confirm(payee="", own=savings)
    page = text_of(ann.get(address))
    assert "€12.50 to your own savings, EUR" in page
    assert "limit" not in page
    assert "First payment" not in page
    assert "To savings, EUR" in text_of(ann.get(ann.confirm(address).headers["Location"]))
    assert memory.book.accounts[savings].posted == 1_250


def test_somebody_or_an_own_account_is_named_but_not_both(ann, savings):
    assert "not both" in text_of(ann.ask(own=savings))
    assert "You cannot send money to yourself." in text_of(ann.ask(payee="", own=ANN))


def test_amounts_are_read_in_the_currency_of_the_paying_account(ann, memory):
    memory.book.ask(opening_the_world(2, "JPY"))
    memory.book.ask(opening(301, "ann", "JPY"))
    assert "amount like" in text_of(ann.ask(account="account-ann-JPY"))
    short = text_of(ann.ask(account="account-ann-JPY", amount="5", payee="", own="account-ann-EUR"))
    assert "has no account in this currency" in short
