from datetime import UTC, datetime, timedelta

import pytest

from bench.textbook import limits

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
ACCOUNT = {"spent": 10, "sent": 1}
PAID = {"spent": 10, "total": 10, "first_at": NOW}


def test_what_is_within_every_limit_is_allowed() -> None:
    assert not limits.exceeded(10, ACCOUNT, PAID, NOW)


@pytest.mark.parametrize(
    ("account", "paid"),
    [
        ({"spent": limits.PER_DAY + 1}, {}),
        ({"sent": limits.PER_MINUTE + 1}, {}),
        ({}, {"spent": limits.PER_PAYEE + 1}),
        ({}, {"total": limits.NEW_PAYEE + 1}),
    ],
)
def test_each_counter_has_its_limit(account: dict[str, int], paid: dict[str, int]) -> None:
    assert limits.exceeded(10, ACCOUNT | account, PAID | paid, NOW)


def test_who_has_been_paid_for_a_day_is_no_new_payee() -> None:
    known = PAID | {"total": limits.NEW_PAYEE + 1, "first_at": NOW - timedelta(hours=24)}

    assert not limits.exceeded(10, ACCOUNT, known, NOW)


def test_one_transfer_has_a_limit_of_its_own() -> None:
    assert limits.exceeded(limits.PER_TRANSFER + 1, ACCOUNT, PAID, NOW)
