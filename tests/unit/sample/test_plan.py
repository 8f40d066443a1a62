"""What people ask for has seasons, favourites and a tail, and every part of it has its place."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sample import amounts
from sample.commands import FOLLOW_UPS, NONE, Kind
from sample.plan import Options, economy, positions
from sample.seasons import DAY_MS, HOUR_MS, moments

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@settings(max_examples=15, deadline=None)
@given(st.integers(3_000, 120_000), st.integers(0, 2**32), st.integers(60, 120))
def test_any_plan_is_complete_and_possible(size, seed, days):
    options = Options(size, seed, UNTIL, days)
    economies = [economy(options, currency) for currency in options.currencies]
    kinds = np.concatenate([each.commands.kind for each in economies])
    assert (~np.isin(kinds, [Kind.OPEN, Kind.OPEN_WORLD])).sum() == size
    places = np.concatenate(positions(economies))
    assert (np.sort(places) == np.arange(1, len(places) + 1)).all()
    for each in economies:
        plan = each.commands
        assert (np.diff(plan.at) >= 0).all()
        assert plan.at[-1] < days * DAY_MS
        order = np.argsort(plan.label)
        later = plan.of != NONE
        followed = order[plan.of[later]]
        assert np.isin(plan.kind[later], FOLLOW_UPS).all()
        assert np.isin(plan.kind[followed], [Kind.PAY, Kind.HOLD]).all()
        assert (plan.at[followed] < plan.at[later]).all()
        assert (plan.payee[followed] == plan.payee[later]).all()
        opened = {who: at for who, at, kind in zip(plan.payee, plan.at, plan.kind, strict=True) if kind == Kind.OPEN}
        asks = np.flatnonzero(plan.payer != NONE)
        assert all(opened[who] < at for who, at in zip(plan.payer[asks], plan.at[asks], strict=True))


def test_fridays_are_busier_than_sundays_and_afternoons_than_nights():
    at = moments(rng(), 100_000, first_weekday=0, days=91)
    weekday, hour = at // DAY_MS % 7, at % DAY_MS // HOUR_MS
    per_day = np.bincount(weekday, minlength=7)
    assert per_day.argmax() == 4
    assert per_day.argmin() == 6
    assert (hour == 18).sum() > 10 * (hour == 3).sum()


def test_there_is_more_at_the_end_than_at_the_beginning():
    day = moments(rng(), 100_000, first_weekday=0, days=91) // DAY_MS
    assert (day >= 84).sum() > 1.15 * (day < 7).sum()


def test_amounts_have_a_tail_that_a_lognormal_has_not():
    drawn = amounts.payments(rng(), 200_000)
    assert 1_500 < np.median(drawn) < 2_200
    assert np.quantile(drawn, 0.999) > 60 * np.median(drawn)
    assert drawn.min() >= 1


def test_few_are_paid_by_many():
    living = economy(Options(20_000, 3, UNTIL), "EUR").crowd
    liked = np.sort(np.bincount(living.favourites.ravel(), minlength=len(living.people)))[::-1]
    assert liked[: len(liked) // 50].sum() > 0.15 * liked.sum()
    assert liked[0] > 10 * np.median(liked)


def test_people_buy_more_after_their_payday():
    planned = economy(Options(20_000, 3, UNTIL), "EUR")
    plan, payday = planned.commands, planned.crowd.payday
    paid = np.flatnonzero((plan.kind == Kind.PAY) & (plan.at // DAY_MS < 90))
    since = (plan.at[paid] // DAY_MS - payday[plan.payer[paid]]) % 30
    assert (since < 4).sum() / 4 > 1.8 * (since >= 4).sum() / 26


def test_nobody_plans_what_can_not_be_made():
    with pytest.raises(ValueError, match="at least 3,000 transfers"):
        Options(2_999, 1, UNTIL)
    with pytest.raises(ValueError, match="at least 60 days"):
        Options(3_000, 1, UNTIL, 59)
    with pytest.raises(ValueError, match="midnight"):
        Options(3_000, 1, UNTIL.replace(hour=1))
