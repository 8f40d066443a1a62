"""Sign up, log in, send money, look: the platform's first promise, over HTTP."""

import uuid
from collections.abc import Callable

from bench.platform import Api
from tests.e2e.api_client import GRANT, Client

Make = Callable[[], Client]


def test_money_goes_from_payer_to_payee(member: Make) -> None:
    payer, payee = member(), member()

    answer = payer.send(payee.username, 1250, note="lunch")

    assert answer.status_code == 201
    transfer = answer.json()
    assert (transfer["type"], transfer["status"]) == ("payment", "posted")
    assert (transfer["amount"], transfer["currency"], transfer["note"]) == (1250, "EUR", "lunch")
    assert [side["username"] for side in (transfer["payer"], *transfer["payees"])] == [payer.username, payee.username]
    assert transfer["balance_after"] == GRANT - 1250
    assert (payer.balance(), payee.balance()) == (GRANT - 1250, GRANT + 1250)


def test_both_sides_find_the_transfer_in_their_history(member: Make) -> None:
    payer, payee = member(), member()

    transfer = payer.send(payee.username, 700).json()

    assert [t["id"] for t in payer.history() if t["type"] == "payment"] == [transfer["id"]]
    assert [t["id"] for t in payee.history() if t["type"] == "payment"] == [transfer["id"]]
    assert payee.get(f"/v1/transfers/{transfer['id']}").json()["transfer"]["position"] == transfer["position"]


def test_a_transfer_is_nobody_elses_business(member: Make) -> None:
    payer, payee, other = member(), member(), member()

    transfer = payer.send(payee.username, 700).json()

    answer = other.get(f"/v1/transfers/{transfer['id']}")
    assert (answer.status_code, answer.json()["code"]) == (404, "transfer_not_found")


def test_a_repeated_transfer_is_posted_once(member: Make) -> None:
    payer, payee, key = member(), member(), uuid.uuid4().hex

    first = payer.send(payee.username, 300, key=key)
    again = payer.send(payee.username, 300, key=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert payer.balance() == GRANT - 300


def test_a_key_serves_one_body_only(member: Make) -> None:
    payer, payee, key = member(), member(), uuid.uuid4().hex
    payer.send(payee.username, 300, key=key)

    answer = payer.send(payee.username, 301, key=key)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert payer.balance() == GRANT - 300


def test_two_payers_may_choose_the_same_key(member: Make) -> None:
    one, other, payee, key = member(), member(), member(), uuid.uuid4().hex

    answers = [payer.send(payee.username, 5, key=key) for payer in (one, other)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert payee.balance() == GRANT + 10


def test_a_rejection_is_replayed_like_a_success(member: Make) -> None:
    payer, payee, key = member(), member(), uuid.uuid4().hex

    first = payer.send(payee.username, GRANT + 1, key=key)
    again = payer.send(payee.username, GRANT + 1, key=key)

    assert (first.status_code, first.json()["code"]) == (422, "insufficient_funds")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.status_code, again.json()["transfer"]) == (422, first.json()["transfer"])
    assert (payer.balance(), payee.balance()) == (GRANT, GRANT)


def test_the_whole_balance_can_be_sent_and_no_more(member: Make) -> None:
    payer, payee = member(), member()

    assert payer.send(payee.username, GRANT).status_code == 201
    assert payer.send(payee.username, 1).json()["code"] == "insufficient_funds"
    assert payer.balance() == 0


def test_the_history_is_paged_without_gaps(member: Make) -> None:
    payer, payee = member(), member()
    sent = [payer.send(payee.username, amount).json()["id"] for amount in range(1, 8)]

    pages, cursor = [], None
    while True:
        page = payer.get("/v1/transfers", limit=3, **({"cursor": cursor} if cursor else {})).json()
        pages.append([transfer["id"] for transfer in page["transfers"]])
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert all(len(page) <= 3 for page in pages)
    assert [id for page in pages for id in page][: len(sent)] == sent[::-1]


def test_no_money_is_created(member: Make, operator: Api) -> None:
    payer, payee = member(), member()
    payer.send(payee.username, 12)

    assert set(operator.summary().totals.values()) == {0}


def test_a_logged_out_token_opens_nothing(member: Make) -> None:
    payer, payee = member(), member()
    assert payer.send(payee.username, 1).status_code == 201

    assert payer.log_out().status_code == 204

    answer = payer.send(payee.username, 1)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_revoked")
    assert payee.balance() == GRANT + 1
