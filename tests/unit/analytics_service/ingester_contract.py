"""What the ingester promises, whatever manifest it has: nothing lost, nothing doubled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics_service.ingester import Ingester
from tests.unit.analytics_service.lakes import NOON, Interrupted, Interrupting, messages, opened, transfer

BATCH = [opened(1), transfer(2), transfer(3, reason="unknown_payee", payee=None)]


class IngesterContract:
    def test_a_batch_is_in_the_lake_when_it_has_been_handled(self, lake):
        lake.put(*BATCH)
        assert lake.positions() == [1, 2, 3]
        assert lake.manifest.snapshot().covered.watermark.position == 3

    def test_a_batch_that_comes_again_changes_nothing(self, lake):
        lake.put(*BATCH)
        lake.put(*BATCH)
        assert lake.positions() == [1, 2, 3]
        assert lake.registry.get_sample_value("lake_suppressed_duplicates_total") == 3

    def test_of_a_batch_that_comes_again_in_part_only_the_rest_is_taken(self, lake):
        lake.put(*BATCH)
        lake.put(transfer(3), transfer(4), transfer(4))
        assert lake.positions() == [1, 2, 3, 4]

    def test_a_position_that_is_missing_holds_the_watermark_and_not_the_rest(self, lake):
        lake.put(transfer(1), transfer(3))
        assert lake.positions() == [1, 3]
        assert lake.manifest.snapshot().covered.watermark.position == 1
        lake.put(transfer(2))
        watermark = lake.manifest.snapshot().covered.watermark
        assert (watermark.position, watermark.occurred_at) == (3, NOON + timedelta(seconds=3))

    def test_events_of_two_days_are_two_files_of_one_commit(self, lake):
        lake.put(transfer(1), transfer(2, at=NOON + timedelta(days=1)))
        assert [file.day for file in lake.manifest.snapshot().files] == ["2026-01-02", "2026-01-03"]

    @pytest.mark.parametrize(
        ("part", "call", "when"),
        [
            ("manifest", "state", "after"),
            ("folder", "write", "before"),
            ("folder", "write", "after"),
            ("manifest", "commit", "before"),
            ("manifest", "commit", "after"),
        ],
    )
    def test_a_process_that_ends_anywhere_loses_and_doubles_nothing(self, lake, part, call, when):
        parts = {"manifest": lake.manifest, "folder": lake.folder}
        parts[part] = Interrupting(parts[part], call, when)
        ends = Ingester(parts["manifest"], parts["folder"], lake.clock, lake.metrics)
        batch = messages([*BATCH, transfer(4, at=NOON + timedelta(days=1))])
        with pytest.raises(Interrupted):
            ends.handle(batch)
        assert lake.positions() in ([], [1, 2, 3, 4])
        # The offsets were not committed, so the successor gets the same messages.
        lake.ingester.handle(batch)
        assert lake.positions() == [1, 2, 3, 4]
        assert lake.manifest.snapshot().covered.watermark.position == 4

    def test_two_members_with_the_same_messages_write_each_position_once(self, lake):
        other = lake.ingester
        batch = messages(BATCH)

        class Overtaken:
            """A folder that is slow enough for the other member to commit first."""

            def write(self, *args):
                other.handle(batch)
                return lake.folder.write(*args)

        Ingester(lake.manifest, Overtaken(), lake.clock, lake.metrics).handle(batch)
        assert lake.positions() == [1, 2, 3]

    def test_two_members_with_messages_of_their_own_lose_none(self, lake):
        other, theirs = lake.ingester, messages([transfer(4), transfer(5)])

        class Overtaken:
            def write(self, *args):
                other.handle(theirs)
                return lake.folder.write(*args)

        Ingester(lake.manifest, Overtaken(), lake.clock, lake.metrics).handle(messages(BATCH))
        assert lake.positions() == [1, 2, 3, 4, 5]
