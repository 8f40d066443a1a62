"""What a broker that was away did to transfers, from looks at journal and topic."""

from __future__ import annotations

from tests.drills.pace import Look, decided_per_second, drained_per_second, wrong_pace

WAITED = [Look(10.0, 900, 100), Look(11.0, 920, 100), Look(11.5, 930, 500), Look(12.0, 940, 940)]


def test_the_pace_is_what_the_journal_grew_by() -> None:
    assert decided_per_second(Look(10.0, 100, 100), Look(14.0, 500, 100)) == 100.0


def test_draining_counts_from_the_last_look_at_which_nothing_had_moved() -> None:
    assert drained_per_second(WAITED) == 840.0


def test_a_topic_that_does_not_move_drains_at_no_pace() -> None:
    assert drained_per_second([Look(10.0, 900, 100), Look(70.0, 2_000, 100)]) == 0.0


def test_a_pace_that_was_kept_is_right() -> None:
    assert wrong_pace(before=100.0, then=95.0, drained=475.0) == []


def test_slower_transfers_and_a_slow_drain_are_told() -> None:
    assert wrong_pace(before=100.0, then=94.0, drained=400.0) == [
        "94 transfers a second were accepted, before it 100",
        "400 a second were published afterwards, while 94 came",
    ]
