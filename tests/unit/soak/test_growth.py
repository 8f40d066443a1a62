"""What grew, by what was measured of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.soak.growth import ALLOWED, FEWEST, Measured, grown

MEGABYTE = 1_000_000


def memory(*megabytes: float) -> Measured:
    return Measured("auth-web", "memory", [each * MEGABYTE for each in megabytes])


def test_what_climbs_to_the_end_is_named_with_both_figures() -> None:
    climbing = memory(*range(100, 200))

    assert grown([climbing]) == ["auth-web: memory grew from 137,000,000 to 187,000,000"]


def test_a_process_that_warms_up_and_then_is_level_has_not_grown() -> None:
    assert grown([memory(*[60] * 10, *[180] * 90)]) == []


def test_a_single_peak_is_no_growth() -> None:
    assert grown([memory(*[100] * 99, 900)]) == []


def test_a_thread_or_two_more_are_allowed_and_ten_are_not() -> None:
    assert grown([Measured("p", "threads", [8] * 50 + [10] * 50)]) == []
    assert len(grown([Measured("p", "threads", [8] * 50 + [18] * 50)])) == 1


def test_of_a_few_measurements_nothing_is_claimed() -> None:
    assert grown([Measured("p", "series", [1.0] * (FEWEST - 1))]) == ["p: series was measured 7 times only"]


@pytest.mark.parametrize("what", ALLOWED)
@given(values=st.lists(st.integers(1, 10**9), min_size=FEWEST, max_size=60))
def test_what_only_falls_has_never_grown(what: str, values: list[int]) -> None:
    assert grown([Measured("p", what, sorted(values, reverse=True))]) == []
