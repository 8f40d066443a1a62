"""Intervals against what it stands for: a plain set of numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_kit.intervals import Intervals

NUMBERS = st.integers(0, 60)
STRETCHES = st.lists(st.tuples(NUMBERS, st.integers(0, 12)).map(lambda pair: (pair[0], pair[0] + pair[1])))


def numbers(stretches: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in stretches for number in range(first, last + 1)}


@given(STRETCHES)
def test_adding_says_how_many_were_new(stretches: list[tuple[int, int]]) -> None:
    intervals, plain = Intervals(), set[int]()
    for first, last in stretches:
        added = set(range(first, last + 1))
        assert intervals.add(first, last) == len(added - plain)
        plain |= added


@given(STRETCHES, NUMBERS, NUMBERS)
def test_it_covers_and_counts_as_the_plain_set_does(stretches: list[tuple[int, int]], after: int, upto: int) -> None:
    intervals, plain = Intervals.from_list(stretches), numbers(stretches)
    assert intervals.covers(after) == (after in plain)
    assert intervals.count_between(after, upto) == len({n for n in plain if after < n <= upto})
    assert intervals.last == max(plain, default=None)


@given(STRETCHES)
def test_the_same_numbers_are_written_in_one_way_however_they_came(stretches: list[tuple[int, int]]) -> None:
    one_by_one = Intervals()
    for number in sorted(numbers(stretches), reverse=True):
        one_by_one.add(number)
    assert one_by_one == Intervals.from_list(stretches) == Intervals.from_list(one_by_one.to_list())


@given(STRETCHES, NUMBERS)
def test_what_is_dropped_is_gone_and_nothing_else(stretches: list[tuple[int, int]], upto: int) -> None:
    intervals = Intervals.from_list(stretches)
    intervals.drop_upto(upto)
    assert numbers([(first, last) for first, last in intervals.to_list()]) == {
        n for n in numbers(stretches) if n > upto
    }


def test_it_is_complete_up_to_the_end_of_its_first_stretch() -> None:
    intervals = Intervals.from_list([(1, 5), (7, 9)])
    assert intervals.first_end == 5
    intervals.add(6)
    assert intervals.first_end == 9
    assert Intervals().first_end is None


def test_a_million_in_order_are_one_stretch() -> None:
    intervals = Intervals()
    for first in range(0, 1_000_000, 500):
        intervals.add(first, first + 499)
    assert len(intervals) == 1


def test_a_stretch_that_runs_backwards_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="backwards"):
        Intervals().add(2, 1)
