"""Each pattern of risk: what is found, what is not, and that it is the same however the lake is cut into files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_service.filters import Selection
from analytics_service.reports.risk.patterns import RISK_REPORTS
from analytics_service.reports.thresholds import BadThresholdError
from tests.unit.analytics_service import plain, plain_risk
from tests.unit.analytics_service.added_up import reports
from tests.unit.analytics_service.lakes import TestLake, account, transfer

START = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = ("ann", "bob", "cem", "dan", "eve")
Rows = list[dict[str, Any]]
LOW = {
    "window_hours": st.sampled_from((1, 2, 24, 48)),
    "window_minutes": st.sampled_from((1, 60, 600)),
    "window_days": st.sampled_from((1, 3)),
    "silent_days": st.sampled_from((1, 2)),
    "parties": st.integers(2, 3),
    "transfers": st.integers(2, 4),
    "share": st.sampled_from((1, 50, 75, 100)),
    "hops": st.integers(2, 5),
    "tolerance": st.sampled_from((0, 1, 10, 50)),
    "under": st.sampled_from((1_000, 1_050)),
    "band": st.sampled_from((1, 10, 50)),
    "min_amount": st.sampled_from((1, 900, 1_000)),
}
PAYMENTS = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from(PEOPLE),
        st.sampled_from((899, 900, 990, 999, 1_000, 1_049)),
        # Gaps that are just a window long, just shorter and just longer.
        st.sampled_from((0, 1, 59, 60, 600, 3_599, 3_600, 7_200, 40_000, 86_399, 86_400, 90_000)),
    ),
    max_size=16,
).map(lambda drawn: [each for each in drawn if each[0] != each[1]])


def paid(*payments: tuple[str, str, int, float]) -> Rows:
    """Payer, payee, amount, and how many seconds after the one before."""
    events, at = [], START
    for position, (payer, payee, amount, gap) in enumerate(payments, 1):
        at += timedelta(seconds=gap)
        events.append(transfer(position, payer, payee, amount, at=at))
    return events


def found(pattern: str, events: Rows, folder: Path, selection: Selection = Selection(), **values: int) -> Rows:  # noqa: B008 - frozen
    lake = TestLake(folder)
    lake.put(*events)
    report = RISK_REPORTS[pattern].tuned(values)
    return reports(lake).answer([report], selection, 100).figures[report.name]


def accounts_of(rows: Rows) -> list[str]:
    return [row["account"] for row in rows]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("pattern", RISK_REPORTS)
@given(events=PAYMENTS.map(lambda drawn: paid(*drawn)), data=st.data())
@settings(max_examples=12, deadline=None)
def test_it_is_what_trying_everything_finds_however_the_lake_is_cut(tmp_path_factory, pattern, events, data):
    report = RISK_REPORTS[pattern]
    values = {each.name: data.draw(LOW[each.name], each.name) for each in report.pattern.thresholds}
    lake = TestLake(tmp_path_factory.mktemp("lake"))
    shuffled = data.draw(st.permutations(events))
    while shuffled:
        size = data.draw(st.integers(1, len(shuffled)))
        lake.put(*shuffled[:size])
        shuffled = shuffled[size:]
    by_hand = plain_risk.findings(pattern, plain.legs_of(events), Selection(), values, 100)
    for pandas_rows_max in (10**6, 0):
        answer = reports(lake, pandas_rows_max, piece_rows=1).answer([report.tuned(values)], Selection(), 100)
        assert answer.figures[report.name] == by_hand


def test_the_plain_ones_have_the_same_defaults():
    assert {name: report.pattern.defaults for name, report in RISK_REPORTS.items()} == plain_risk.DEFAULTS


def collected(count: int, gap: float = 600) -> Rows:
    return paid(*((f"payer{number}", "cem", 20_000 + number, gap) for number in range(count)))


def test_many_pay_one_within_a_day(tmp_path):
    [row] = found("fan_in", collected(12), tmp_path)
    assert (row["account"], row["others"], row["transfers"]) == (account("cem"), 12, 12)
    assert row["amount"] == sum(20_000 + number for number in range(12))
    assert row["positions"] == " ".join(map(str, range(1, 13)))
    assert (row["severity"], row["score"]) == ("low", 120)


def test_nine_are_not_many_unless_one_says_so(tmp_path):
    assert found("fan_in", collected(9), tmp_path / "nine") == []
    assert len(found("fan_in", collected(9), tmp_path / "asked", parties=9)) == 1


def test_many_over_a_longer_time_are_no_fan(tmp_path):
    assert found("fan_in", collected(12, gap=3 * 3_600), tmp_path) == []


def test_a_shop_is_no_collector(tmp_path):
    usual = [(f"customer{number}", "cem", 15_000, 3 * 3_600.0) for number in range(40)]
    busy = [(f"payer{number}", "cem", 15_000, 60.0) for number in range(12)]
    assert found("fan_in", paid(*usual, *busy), tmp_path) == []


def test_one_pays_many_within_a_day(tmp_path):
    rows = found("fan_out", paid(*(("cem", f"payee{number}", 15_000, 600) for number in range(25))), tmp_path)
    assert [(row["account"], row["severity"]) for row in rows] == [(account("cem"), "high")]


def test_money_that_comes_back_is_a_cycle_and_names_its_hops(tmp_path):
    ring = paid(("ann", "bob", 50_000, 0), ("bob", "cem", 48_000, 9_000), ("cem", "ann", 46_000, 9_000))
    [row] = found("cycle", ring, tmp_path)
    assert (row["account"], row["other_accounts"]) == (account("ann"), f"{account('bob')} {account('cem')}")
    assert (row["payers"].split()[0], row["payees"].split()[-1]) == (account("ann"), account("ann"))
    assert (row["positions"], row["amounts"]) == ("1 2 3", "50000 48000 46000")
    assert row["times"].split()[1] == "2026-03-01T02:30:00.000Z"


def test_what_goes_back_in_time_or_too_late_or_with_other_amounts_is_no_cycle(tmp_path):
    backwards = paid(("cem", "ann", 50_000, 0), ("bob", "cem", 50_000, 60), ("ann", "bob", 50_000, 60))
    late = paid(("ann", "bob", 50_000, 0), ("bob", "ann", 50_000, 72 * 3_600 + 1))
    other = paid(("ann", "bob", 50_000, 0), ("bob", "ann", 44_000, 60))
    for number, events in enumerate((backwards, late, other)):
        assert found("cycle", events, tmp_path / str(number)) == []


def test_a_net_of_payments_that_are_all_alike_comes_to_an_end(tmp_path):
    net = paid(*((PEOPLE[a], PEOPLE[b], 50_000, 1) for _ in range(12) for a in range(5) for b in range(5) if a != b))
    assert len(found("cycle", net, tmp_path)) == 100


def test_a_burst_of_payments_is_too_fast_for_a_person(tmp_path):
    rows = found("velocity", paid(*(("ann", "bob", 5, 10) for _ in range(25))), tmp_path)
    assert [(row["account"], row["transfers"]) for row in rows] == [(account("ann"), 25)]


def test_sums_just_under_the_limit_are_structured_and_the_limit_itself_is_not(tmp_path):
    parts = [("ann", f"payee{number}", 99_000 + number, 40_000.0) for number in range(6)]
    whole = [("bob", f"payee{number}", 100_000, 600.0) for number in range(6)]
    assert accounts_of(found("structuring", paid(*parts, *whole), tmp_path)) == [account("ann")]


def test_an_account_that_slept_wakes_up(tmp_path):
    before = [("ann", "bob", 500, 0.0), ("dan", "bob", 500, 0.0)]
    after = [("ann", f"payee{number}", 12_000, 31 * 86_400.0 if number == 0 else 600.0) for number in range(6)]
    rows = found("dormant", paid(*before, *after), tmp_path)
    assert [(row["account"], row["positions"]) for row in rows] == [(account("ann"), "3 4 5 6 7 8")]


def test_who_pays_for_the_first_time_was_not_asleep(tmp_path):
    assert found("dormant", paid(*(("ann", "bob", 12_000, 600) for _ in range(6))), tmp_path) == []


def test_what_was_refused_or_is_no_payment_proves_nothing(tmp_path):
    refused = [transfer(n, f"p{n}", "cem", 20_000, at=START, reason="limit_exceeded") for n in range(1, 13)]
    deposited = [transfer(n, f"p{n}", "cem", 20_000, at=START, type="deposit") for n in range(13, 25)]
    assert found("fan_in", [*refused, *deposited], tmp_path) == []


def test_only_what_the_filter_selects_is_looked_at(tmp_path):
    probes = [transfer(n, f"p{n}", "cem", 20_000, at=START, origin="probe") for n in range(1, 13)]
    assert found("fan_in", probes, tmp_path / "users", Selection(origin=("user",))) == []
    assert len(found("fan_in", probes, tmp_path / "probes", Selection(origin=("probe",)))) == 1


def test_a_threshold_out_of_its_range_is_named():
    with pytest.raises(BadThresholdError, match="tolerance is a whole number from 0 to 50"):
        RISK_REPORTS["cycle"].tuned({"tolerance": 51})
