"""Money: integers, exact, and refused when it can't be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.money import MAX_MINOR_UNITS, InvalidAmount, Money


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [("12.50", "EUR", 1250), ("12,5", "EUR", 1250), (" 7 ", "EUR", 700), ("1250", "JPY", 1250), ("1.234", "KWD", 1234)],
)
def test_what_a_person_types_is_read_in_the_currencys_own_decimals(text, currency, amount):
    assert Money.parse(text, currency) == Money(amount, currency)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1.234",
        "1,000",
        "1 000",
        "1_000",
        "1e3",
        "+5",
        "-5",
        "٣",
        "12.",
        ".5",
        "NaN",
        "Infinity",
        "1E999999999",
        "1,234.50",
        "0.001",
        "9" * 16,
        "9" * 40,
    ],
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(InvalidAmount):
        Money.parse(text, "EUR")


@pytest.mark.parametrize("amount", [1.0, True, "1"])
def test_an_amount_is_an_int_and_nothing_else(amount):
    with pytest.raises(TypeError):
        Money(amount, "EUR")


def test_a_currency_must_exist():
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, "XQX")


@given(st.integers(min_value=0, max_value=MAX_MINOR_UNITS), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_writing_and_reading_give_the_same_amount(amount, currency):
    money = Money(amount, currency)
    assert Money.parse(str(money.decimal()), currency) == money


def test_money_is_shown_in_the_readers_language():
    assert Money(125_050, "EUR").format("en") == "€1,250.50"
