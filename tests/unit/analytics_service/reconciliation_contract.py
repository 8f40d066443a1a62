"""What every store of reconciled intervals does: over the one in memory here, over MongoDB's in tests/integration."""

from __future__ import annotations

from datetime import timedelta

from analytics_service.domain.reconciliation import KINDS, Break, Interval
from tests.unit.analytics_service.lakes import NOON

AGREES = dict.fromkeys(KINDS, 0)
BREAK = Break("account", "balance", 100, 90, currency="EUR", account="account-ann")


def an_interval(after: int, upto: int, minute: int = 0, *, broken: bool = False) -> Interval:
    """As it was looked at some minutes after noon."""
    at = NOON + timedelta(minutes=minute)
    if not broken:
        return Interval(after, upto, at, AGREES)
    return Interval(after, upto, at, {**AGREES, "account": 1}, (BREAK,), at)


class ReconciliationsContract:
    def test_before_the_first_nothing_is_known(self, kept):
        assert (kept.upto(), list(kept.latest(5)), list(kept.to_look_at_again(5, 5))) == (0, [], [])
        assert kept.breaks() == AGREES

    def test_an_interval_is_kept_as_it_was_found(self, kept):
        intervals = [an_interval(0, 10), an_interval(10, 25, broken=True)]
        for interval in intervals:
            kept.keep(interval)
        assert kept.upto() == 25
        assert list(kept.latest(5)) == intervals[::-1]
        assert kept.breaks() == {**AGREES, "account": 1}

    def test_a_further_look_takes_the_place_of_the_one_before(self, kept):
        kept.keep(an_interval(0, 10, broken=True))
        kept.keep(an_interval(0, 10, 5))
        assert list(kept.latest(5)) == [an_interval(0, 10, 5)]
        assert kept.breaks() == AGREES

    def test_neighbours_that_agree_become_one_while_they_are_small(self, kept):
        kept.keep(an_interval(0, 10))
        assert kept.extend(an_interval(10, 30, 1), 30)
        assert not kept.extend(an_interval(30, 31, 2), 30)
        assert list(kept.latest(5)) == [an_interval(0, 30)]

    def test_one_with_breaks_stays_by_itself(self, kept):
        kept.keep(an_interval(0, 10, broken=True))
        assert not kept.extend(an_interval(10, 20), 100)

    def test_what_was_looked_at_long_ago_is_looked_at_first(self, kept):
        for number, (minute, broken) in enumerate([(3, False), (1, False), (4, True), (2, True), (0, False)]):
            kept.keep(an_interval(10 * number, 10 * number + 10, minute, broken=broken))
        assert [interval.after for interval in kept.to_look_at_again(1, 2)] == [30, 40, 10]

    def test_an_old_one_with_breaks_is_told_with_the_latest(self, kept):
        for number in range(5):
            kept.keep(an_interval(10 * number, 10 * number + 10, broken=number == 1))
        assert [interval.after for interval in kept.latest(2)] == [40, 30, 10]

    def test_a_look_at_what_has_grown_meanwhile_changes_nothing(self, kept):
        kept.keep(an_interval(0, 10))
        kept.extend(an_interval(10, 20), 100)
        kept.keep(an_interval(0, 10, 7, broken=True))
        assert list(kept.latest(5)) == [an_interval(0, 20)]
