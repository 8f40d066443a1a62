"""Covered positions against what they stand for: a plain set."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from analytics_service.domain.covered import Covered
from tests.unit.analytics_service.lakes import NOON

BATCHES = st.lists(st.sets(st.integers(1, 60), max_size=10), max_size=10)


def at(position):
    return NOON + timedelta(seconds=position)


def covered(batches):
    found = Covered()
    for batch in batches:
        found = found.plus({position: at(position) for position in batch})
    return found


@given(BATCHES, st.integers(0, 61), st.integers(0, 61))
def test_it_holds_what_was_added_and_nothing_else(batches, after, upto):
    plain = set().union(*batches)
    found = covered(batches)
    assert {position for position in range(62) if position in found} == plain
    assert found.count(after, upto) == len({position for position in plain if after < position <= upto})


@given(BATCHES)
def test_its_stretches_are_sorted_apart_and_know_the_time_of_their_ends(batches):
    stretches = covered(batches).to_list()
    assert all(first <= last and ended_at == at(last) for first, last, ended_at in stretches)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(stretches))


@given(BATCHES)
def test_it_comes_back_from_the_store_as_it_was(batches):
    found = covered(batches)
    again = Covered(found.to_list())
    assert again.to_list() == found.to_list()
    assert again.watermark == found.watermark


@given(BATCHES)
def test_up_to_the_watermark_nothing_is_missing_and_the_next_one_is(batches):
    plain = set().union(*batches)
    watermark = covered(batches).watermark
    assert set(range(1, watermark.position + 1)) <= plain
    assert watermark.position + 1 not in plain
    assert watermark.occurred_at == (at(watermark.position) if watermark.position else None)


def test_adding_leaves_the_former_set_as_it_was():
    before = Covered().plus({1: at(1)})
    before.plus({2: at(2)})
    assert before.to_list() == [(1, 1, at(1))]
