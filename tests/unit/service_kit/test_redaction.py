from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_kit.redaction import HIDDEN, redact, redact_text

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1LTEifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "key",
    ["password", "access_token", "Authorization", "client_secret", "SECRET_KEY", "api_key", "Set-Cookie", "new_passwd"],
)
def test_the_value_under_a_secret_key_is_hidden(key: str) -> None:
    assert redact({key: "s3cret-value", "user": "demo-001"}) == {key: HIDDEN, "user": "demo-001"}


@pytest.mark.parametrize(
    "text",
    [
        f"token {JWT} is expired",
        "sent Authorization: Bearer abcdefgh12345678",
        "basic dXNlcjpwYXNzd29yZA== refused",
        "mongodb://ledger:abcdefgh12345678@127.0.0.1:27017/?authSource=admin",
        "GET /?password=abcdefgh12345678&page=2",
    ],
)
def test_a_secret_inside_a_text_is_cut_out(text: str) -> None:
    shown = redact_text(text)
    assert HIDDEN in shown
    assert "abcdefgh12345678" not in shown
    assert "eyJ" not in shown
    assert "dXNlcjpw" not in shown


def test_secrets_are_found_however_deep_they_lie() -> None:
    assert redact({"a": [{"b": {"token": "x"}}]}) == {"a": [{"b": {"token": HIDDEN}}]}


def test_an_amount_beside_an_account_is_hidden_and_alone_it_is_not() -> None:
    assert redact({"payer_account": "a-1", "amount": 125}) == {"payer_account": "a-1", "amount": HIDDEN}
    assert redact({"amount": 125, "currency": "EUR"}) == {"amount": 125, "currency": "EUR"}


def test_what_nests_without_end_ends() -> None:
    loop: dict[str, object] = {}
    loop["self"] = loop
    assert HIDDEN in repr(redact(loop))


@given(st.dictionaries(st.sampled_from(["position", "status", "count"]), st.integers() | st.booleans() | st.none()))
def test_what_holds_no_secret_is_left_as_it_is(event: dict[str, object]) -> None:
    assert redact(event) == event
