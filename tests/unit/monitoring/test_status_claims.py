"""Whether a claim holds, from figures and the audit alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.presentation import budget, kept
from monitoring.status.claims import Claim, Holds, claims, verdict
from monitoring.status.figures import Figures
from monitoring.status.results import Audit
from tests.unit.monitoring.watchers import NOW, a_breach, gauge, samples

AUDIT = Audit(NOW - timedelta(seconds=3), 469, 51, {"EUR": 0}, ())


def claim(name: str, found: list[Claim]) -> Claim:
    return next(each for each in found if each.name == name)


def with_figures(*extra, **changed) -> list[Claim]:
    return claims(Figures([*extra, *samples(**changed)]), AUDIT, NOW)


def test_when_all_is_well_all_claims_hold():
    found = with_figures()
    assert {each.holds for each in found} == {Holds.YES}
    assert str(verdict(found).text) == "All claims hold"


@pytest.mark.parametrize(
    ("name", "broken", "kept"),
    [
        ("available", 0.9989, 0.999),
        ("quick", 0.9899, 0.99),
        ("notified_in_time", 0.98, 0.99),
        ("in_lake_in_time", 0.98, 0.99),
    ],
)
def test_a_share_below_what_is_promised_breaks_its_claim_and_is_named(name, broken, kept):
    found = with_figures(**{name: broken})
    assert claim(name, found).holds is Holds.NO
    assert verdict(found).holds is Holds.NO
    assert str(claim(name, found).title) in str(verdict(found).text)
    assert claim(name, with_figures(**{name: kept})).holds is Holds.YES


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (0.98765, "98.7% of the budget left"),
        (0.9999, "99.9% of the budget left"),
        (0, "more went wrong in 30 days than was promised"),
        (-3, "more went wrong in 30 days than was promised"),
    ],
)
def test_what_is_left_of_a_budget_is_told_and_never_rounded_up(left, told):
    found = claim("quick", with_figures(quick_budget=left))
    assert budget(found) == told
    assert claim("quick", with_figures()).budget_left is None


def test_how_a_promise_was_kept_over_longer_spans_is_told_in_their_order_and_never_rounded_up():
    known = [
        gauge("slo:good:ratio", value, slo="quick", over=over) for over, value in (("90d", 0.99), ("1h", 0.9999999))
    ]
    found = claim("quick", with_figures(*known))
    assert kept(found) == [("hour", "99.999%"), ("90 days", "99%")]
    assert kept(claim("available", with_figures(*known))) == []


def test_without_traffic_a_claim_is_quiet_and_nothing_is_broken():
    found = with_figures(available=None, quick=None)
    assert claim("available", found).holds is Holds.IDLE
    assert verdict(found).holds is Holds.YES


def test_a_consumer_that_stands_still_is_late_though_it_finished_nothing_late():
    waiting = gauge("kafka_consumer_lag_seconds", 42, group="notification-consumer", topic="transactions")
    found = with_figures(waiting, notified_in_time=None)
    assert claim("notified_in_time", found).holds is Holds.NO
    assert "42 s" in str(claim("notified_in_time", found).detail)


@pytest.mark.parametrize(("age", "holds"), [(30, Holds.YES), (61, Holds.NO)])
def test_what_is_missing_for_a_minute_breaks_the_claim(age, holds):
    missing = gauge("reconciliation_missing", 2, stage="notified")
    oldest = gauge("reconciliation_oldest_missing_age_seconds", age, stage="notified")
    assert claim("missing", with_figures(missing, oldest)).holds is holds


@given(st.dictionaries(st.sampled_from(["EUR", "USD", "JPY"]), st.integers(-(2**53), 2**53)))
def test_money_was_created_exactly_where_a_currency_does_not_add_up_to_nothing(currencies):
    found = claim("money_created", claims(None, replace(AUDIT, currencies=currencies), NOW))
    assert (found.holds is Holds.NO) == any(currencies.values())


def test_a_fault_in_the_ledger_breaks_the_claim():
    found = claims(None, replace(AUDIT, breaches=(a_breach(),), faults=1), NOW)
    assert claim("drift", found).holds is Holds.NO


def test_an_audit_that_is_too_old_proves_nothing_but_a_breach_that_it_found_stands():
    old = replace(AUDIT, at=NOW - timedelta(seconds=61))
    assert claim("money_created", claims(None, old, NOW)).holds is Holds.UNKNOWN
    assert claim("drift", claims(None, replace(old, faults=1), NOW)).holds is Holds.NO


def test_what_could_not_be_asked_is_not_claimed():
    nothing = claims(None, None, NOW)
    assert {each.holds for each in nothing} == {Holds.UNKNOWN}
    assert str(verdict(nothing).text) == "Nothing could be measured right now"
    assert verdict(claims(Figures(samples()), None, NOW)).holds is Holds.UNKNOWN
