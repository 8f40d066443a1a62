"""How long a delivery is tried."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_service.domain import Claimed
from notification_service.domain.patience import LONGEST_WISH, Patience
from tests.unit.notification_service.events import NOW
from tests.unit.notification_service.orders import mail

PATIENCE = Patience(attempts=5, first_pause=timedelta(seconds=8), longest_pause=timedelta(minutes=1))


def claimed(number=1, since=NOW):
    return Claimed(mail(), "claim", number, since, NOW)


def pause(number, draw=1.0, retry_after=None):
    at = PATIENCE.next_attempt_at(claimed(number), NOW, retry_after, draw)
    return None if at is None else (at - NOW).total_seconds()


def test_pauses_double_up_to_the_longest_and_are_drawn_from_nothing_to_that():
    assert [pause(number) for number in (1, 2, 3, 4)] == [8, 16, 32, 60]
    assert [pause(3, draw) for draw in (0.0, 0.25)] == [0, 8]


def test_so_many_attempts_and_no_more():
    assert pause(4) is not None
    assert pause(5) is None


@pytest.mark.parametrize(("asked", "least"), [(30.0, 30), (None, 0), (-5.0, 0), (1e12, LONGEST_WISH.total_seconds())])
def test_what_the_other_side_asks_for_comes_before_our_own_pause(asked, least):
    assert pause(1, draw=0.5, retry_after=asked) == least + 4


def test_what_would_be_too_old_by_then_is_given_up():
    old = claimed(since=NOW - PATIENCE.age + timedelta(seconds=8))
    assert PATIENCE.next_attempt_at(old, NOW, None, 0.9) is not None
    assert PATIENCE.next_attempt_at(old, NOW, 1.0, 1.0) is None


@given(number=st.integers(1, 100), draw=st.floats(0, 1, exclude_max=True))
def test_no_count_makes_a_pause_longer_than_the_longest(number, draw):
    at = replace(PATIENCE, attempts=101).next_attempt_at(claimed(number), NOW, None, draw)
    assert at is not None
    assert NOW <= at <= NOW + PATIENCE.longest_pause
