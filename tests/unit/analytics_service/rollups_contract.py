"""What all rollups do: run over those in memory here, over MongoDB's in tests/integration."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics_service.domain.rollups import Cell, Span, Sums
from analytics_service.ingester import Ingester
from analytics_service.ports import ConflictError
from tests.unit.analytics_service.lakes import NOON, Interrupted, Interrupting, messages, opened, transfer

PAID = Cell("EUR", "payment", "posted", None, "user")
REFUSED = Cell("EUR", "payment", "rejected", "unknown_payee", "user")
MIDNIGHT = NOON.replace(hour=0)


def cells(lake, unit, **bounds):
    """By the start of each period."""
    return {bucket.start: dict(bucket.cells) for bucket in lake.rollups.read([Span(unit, **bounds)]).buckets}


class RollupsContract:
    def test_a_batch_is_in_its_minutes_hours_and_days_when_it_has_been_handled(self, lake):
        late = NOON + timedelta(minutes=1)
        lake.put(
            opened(1), transfer(2), transfer(3, amount=50), transfer(4, at=late, payee=None, reason=REFUSED.reason)
        )
        assert cells(lake, "minute") == {NOON: {PAID: Sums(2, 1300)}, late: {REFUSED: Sums(1, 1250)}}
        assert cells(lake, "hour") == {NOON: {PAID: Sums(2, 1300), REFUSED: Sums(1, 1250)}}
        assert cells(lake, "day") == {MIDNIGHT: {PAID: Sums(2, 1300), REFUSED: Sums(1, 1250)}}

    def test_each_position_counts_once_however_often_it_comes(self, lake):
        for batch in ([1, 2], [2, 3, 3], [1, 2, 3], [4]):
            lake.put(*map(transfer, batch))
        assert cells(lake, "day") == {MIDNIGHT: {PAID: Sums(4, 5000)}}

    def test_of_a_payment_to_several_the_parts_count_and_the_record_once(self, lake):
        lake.put(transfer(1, amount=999, payees=[("bob", 300), ("cleo", 700)]))
        assert cells(lake, "hour") == {NOON: {PAID: Sums(1, 1000)}}

    def test_what_comes_days_late_is_in_the_periods_when_it_was_decided(self, lake):
        lake.put(transfer(1, at=NOON + timedelta(days=3)))
        lake.put(transfer(2))
        assert set(cells(lake, "day")) == {MIDNIGHT, MIDNIGHT + timedelta(days=3)}
        assert cells(lake, "minute", to=MIDNIGHT + timedelta(days=1)) == {NOON: {PAID: Sums(1, 1250)}}

    def test_sums_are_exact_beyond_64_bits(self, lake):
        most = 2**63 - 1
        lake.put(*(transfer(n, amount=1, payees=[("bob", most), ("cleo", most)]) for n in (1, 2)))
        lake.put(transfer(3, amount=1, payees=[("bob", most)]))
        assert cells(lake, "day") == {MIDNIGHT: {PAID: Sums(3, 5 * most)}}

    def test_a_span_begins_with_its_first_period_and_ends_before_its_last(self, lake):
        lake.put(*(transfer(n, at=NOON + timedelta(hours=n)) for n in range(1, 6)))
        bounds = {"from_": NOON + timedelta(hours=2), "to": NOON + timedelta(hours=4)}
        assert list(cells(lake, "hour", **bounds)) == [NOON + timedelta(hours=2), NOON + timedelta(hours=3)]

    def test_all_spans_are_of_one_moment_and_say_up_to_where_they_are_complete(self, lake):
        lake.put(transfer(1), transfer(2))
        read = lake.rollups.read([Span("day"), Span("hour")])
        assert [bucket.unit for bucket in read.buckets] == ["day", "hour"]
        assert (read.complete_upto.position, read.complete_upto.occurred_at) == (2, NOON + timedelta(seconds=2))
        assert lake.rollups.count() == 3

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_process_that_ends_around_its_commit_counts_nothing_twice(self, lake, when):
        ends = Ingester(Interrupting(lake.manifest, "commit", when), lake.folder, lake.clock, lake.metrics)
        batch = messages([transfer(1), transfer(2)])
        with pytest.raises(Interrupted):
            ends.handle(batch)
        lake.ingester.handle(batch)
        assert cells(lake, "day") == {MIDNIGHT: {PAID: Sums(2, 2500)}}

    def test_old_minutes_are_dropped_and_hours_and_days_stay(self, lake):
        lake.put(transfer(1), transfer(2, at=NOON + timedelta(hours=1)))
        lake.clock.advance(49 * 3600)
        lake.housekeeper().forget_minutes()
        read = lake.rollups.read([Span("minute")])
        assert [bucket.start for bucket in read.buckets] == [NOON + timedelta(hours=1)] == [read.minutes_from]
        assert len(cells(lake, "hour")) == 2

    def test_a_minute_that_is_kept_no_longer_does_not_come_back(self, lake):
        lake.manifest.forget_minutes(NOON + timedelta(hours=1))
        lake.put(transfer(1), transfer(2, at=NOON + timedelta(hours=1)))
        assert list(cells(lake, "minute")) == [NOON + timedelta(hours=1)]
        assert len(cells(lake, "hour")) == 2

    def test_they_are_filled_only_on_the_state_that_they_were_read_from(self, lake):
        base = lake.manifest.state()
        lake.put(transfer(1))
        with pytest.raises(ConflictError):
            lake.manifest.fill_rollups(base, [])
