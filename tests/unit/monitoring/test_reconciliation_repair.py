"""What a stage has lost is published again: not too early, not too often, not without end, and nothing is hidden."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.reconciliation.holes import GRAIN, HOLES_MAX, POSITIONS_MAX, QUESTIONS_MAX, Hole, holes
from monitoring.reconciliation.job import NotReconciled
from monitoring.reconciliation.minutes import Figures
from monitoring.reconciliation.repair import ATTEMPTS_MAX, Repair, Step, first_due
from tests.manual_clock import ManualClock
from tests.unit.monitoring.pipeline_in_memory import START, PipelineInMemory
from tests.unit.monitoring.reconciling import Auditor

GRACE = timedelta(seconds=30)
OVER = START + timedelta(minutes=1)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


class TestDecision:
    """`Repair.looked`, which is pure."""

    def test_a_minutes_grace_begins_at_its_end(self) -> None:
        repair = first_due(START, GRACE)
        assert repair.looked(3, False, OVER + seconds(29), GRACE) == (repair, Step.WAIT)
        assert repair.looked(3, False, OVER + seconds(30), GRACE) == (repair, Step.ASK)

    def test_it_begins_anew_as_long_as_something_is_in_the_way(self) -> None:
        repair, step = first_due(START, GRACE).looked(3, True, OVER + seconds(600), GRACE)
        assert (repair.due, step) == (OVER + seconds(630), Step.WAIT)

    def test_what_is_in_the_way_brings_no_attempt_forward(self) -> None:
        asked = first_due(START, GRACE).asked(3, 3, OVER, GRACE)
        assert asked.looked(3, True, OVER, GRACE) == (asked, Step.WAIT)

    def test_nothing_is_done_about_what_lacks_nothing(self) -> None:
        repair = first_due(START, GRACE)
        assert repair.looked(0, False, OVER + seconds(600), GRACE) == (repair, Step.WAIT)

    def test_attempts_that_help_nothing_come_at_growing_distances_and_end(self) -> None:
        repair, now, at = first_due(START, GRACE), OVER, []
        for _ in range(2_000):
            now += seconds(1)
            repair, step = repair.looked(3, False, now, GRACE)
            if step is Step.ASK:
                repair = repair.asked(3, 3, now, GRACE)
            if step is not Step.WAIT:
                at.append((step, (now - OVER).total_seconds()))
        assert at == [(Step.ASK, 30), (Step.ASK, 90), (Step.ASK, 210), (Step.GIVEN_UP, 450)]
        assert (repair.attempts, repair.ordered) == (ATTEMPTS_MAX, 9)

    def test_one_that_helped_is_followed_by_others(self) -> None:
        repair = Repair(OVER, attempts=ATTEMPTS_MAX, lacked=9, ordered=20)
        looked, step = repair.looked(8, False, OVER, GRACE)
        assert (looked.attempts, step) == (0, Step.ASK)

    def test_what_was_asked_for_and_is_there_is_mended_once(self) -> None:
        asked = first_due(START, GRACE).asked(3, 3, OVER, GRACE)
        mended, step = asked.looked(0, False, OVER, GRACE)
        assert (mended.end, step) == (Step.MENDED, Step.MENDED)
        assert mended.looked(0, False, OVER, GRACE) == (mended, Step.WAIT)

    def test_what_was_given_up_and_is_there_was_mended_by_others(self) -> None:
        given_up = Repair(OVER, ATTEMPTS_MAX, 3, 9, Step.GIVEN_UP)
        assert given_up.looked(0, False, OVER, GRACE) == (given_up, Step.WAIT)
        assert given_up.looked(3, False, OVER + seconds(9_999), GRACE) == (given_up, Step.WAIT)


@given(st.sets(st.integers(1, 3_000), max_size=4), st.integers(0, 500))
@settings(max_examples=200)
def test_holes_are_found_where_something_is_missing_and_not_far_beyond(missing: set[int], after: int) -> None:
    questions = 0

    def look(low: int, high: int) -> tuple[Figures, Figures]:
        nonlocal questions
        questions += 1
        there = len({*range(low + 1, high + 1)} - missing)
        return Figures(high - low, high - low), Figures(there, there)

    found = holes(after, 3_000, look)
    covered = {position for hole in found for position in range(hole.first, hole.last + 1)}
    wanted = {position for position in missing if position > after}
    assert questions <= QUESTIONS_MAX
    assert covered <= {p for each in wanted for p in range(each - GRAIN, each + GRAIN + 1)}
    assert min(wanted, default=None) in {*covered, None}
    assert len(wanted) > 1 or wanted <= covered


def test_what_is_missing_altogether_is_one_hole_of_bounded_size() -> None:
    found = holes(10, 10 + 9_000, lambda low, high: (Figures(high - low, high - low), Figures(0, 0)))
    assert found == [Hole(11, 10 + POSITIONS_MAX)]


def test_holes_are_bounded_in_number() -> None:
    def every_other(low: int, high: int) -> tuple[Figures, Figures]:
        there = high // 40 - low // 40
        return Figures(high - low, high - low), Figures(there, there)

    assert 1 <= len(holes(0, 4_000, every_other)) <= HOLES_MAX


@pytest.fixture
def pipeline() -> PipelineInMemory:
    """A minute of sixty records, and the next has begun."""
    pipeline = PipelineInMemory()
    for second in range(61):
        pipeline.happen(2, second)
    return pipeline


@pytest.fixture
def auditor(pipeline: PipelineInMemory) -> Auditor:
    """At the end of the grace."""
    return Auditor(pipeline, ManualClock(OVER + GRACE), GRACE)


def ordered(pipeline: PipelineInMemory) -> set[int]:
    return {position for hole in pipeline.relay.orders for position in range(hole.first, hole.last + 1)}


def repaired_minute(pipeline: PipelineInMemory, at: datetime = START) -> dict[str, Repair]:
    return pipeline.store.minutes[at].repairs


@pytest.mark.parametrize("stage", ["published", "notified", "in_lake"])
def test_what_a_stage_lost_is_published_again_counted_and_kept_as_repaired(
    pipeline: PipelineInMemory, auditor: Auditor, stage: str
) -> None:
    lost = [7, 8, 40]
    for position in lost:
        if stage == "published":
            pipeline.tail.topic.remove(position)
        else:
            (pipeline.inbox if stage == "notified" else pipeline.lake).has[position] = 0
    auditor.job.run_once()
    assert set(lost) <= ordered(pipeline)
    assert auditor.of("missing", stage) == (6 if stage == "notified" else 3)
    assert auditor.repairs(stage) == {"ordered": 1}
    auditor.restart()
    auditor.job.run_once()
    assert auditor.of("missing", stage) == 0
    assert auditor.repairs(stage) == {"mended": 1}
    minute = pipeline.store.minutes[START]
    assert minute.settled_at is not None
    assert (minute.repairs[stage].end, minute.repairs[stage].ordered) == (Step.MENDED, len(ordered(pipeline)))


def test_a_minute_of_more_records_than_the_journal_tells_at_once_is_repaired_too(
    pipeline: PipelineInMemory, auditor: Auditor
) -> None:
    pipeline.journal.at_once = 20
    pipeline.lake.has[45] = 0
    auditor.job.run_once()
    assert 45 in ordered(pipeline)


def test_nothing_is_asked_for_within_the_grace(pipeline: PipelineInMemory) -> None:
    pipeline.lake.has[7] = 0
    early = Auditor(pipeline, ManualClock(OVER + GRACE - seconds(1)), GRACE)
    early.job.run_once()
    assert pipeline.relay.orders == []


def test_a_setting_of_0_repairs_nothing(pipeline: PipelineInMemory) -> None:
    pipeline.lake.has[7] = 0
    off = Auditor(pipeline, ManualClock(OVER + timedelta(hours=1)))
    off.job.run_once()
    assert (pipeline.relay.orders, off.of("missing", "in_lake")) == ([], 1)


@pytest.mark.parametrize("lag", [None, 31.0])
def test_a_consumer_that_is_behind_is_left_to_catch_up(
    pipeline: PipelineInMemory, auditor: Auditor, lag: float | None
) -> None:
    pipeline.lake.has[7] = 0
    pipeline.relay.lag = lag
    auditor.job.run_once()
    pipeline.relay.lag = 0.0
    auditor.clock.advance(29)
    auditor.job.run_once()
    assert pipeline.relay.orders == []
    auditor.clock.advance(1)
    auditor.job.run_once()
    assert 7 in ordered(pipeline)


def test_what_the_relay_has_yet_to_publish_is_not_asked_for(pipeline: PipelineInMemory, auditor: Auditor) -> None:
    for position in range(50, 62):
        pipeline.tail.topic.remove(position)
        pipeline.inbox.has[position] = pipeline.lake.has[position] = 0
    pipeline.journal.cursor = 49
    auditor.job.run_once()
    assert pipeline.relay.orders == []


def test_what_the_topic_lost_is_asked_for_once_and_not_for_the_stages_behind_it(
    pipeline: PipelineInMemory, auditor: Auditor
) -> None:
    pipeline.tail.topic.remove(7)
    pipeline.inbox.has[7] = pipeline.lake.has[7] = 0
    auditor.job.run_once()
    auditor.clock.advance(5)
    auditor.job.run_once()
    assert (auditor.repairs("published"), auditor.repairs("notified")) == ({"ordered": 1, "mended": 1}, {})
    assert len(pipeline.relay.orders) == 1


def test_a_stage_that_can_not_be_asked_is_left_alone(pipeline: PipelineInMemory, auditor: Auditor) -> None:
    pipeline.inbox.away = True
    with pytest.raises(NotReconciled):
        auditor.job.run_once()
    assert pipeline.relay.orders == []


def test_what_republishing_does_not_mend_is_given_up_and_stays_counted(
    pipeline: PipelineInMemory, auditor: Auditor
) -> None:
    pipeline.lake.has[7] = 0
    pipeline.relay.refused = {7}
    for _ in range(200):
        auditor.job.run_once()
        auditor.clock.advance(5)
    assert auditor.repairs("in_lake") == {"ordered": ATTEMPTS_MAX, "given_up": 1}
    assert auditor.of("missing", "in_lake") == 1
    assert len(pipeline.relay.orders) == ATTEMPTS_MAX
    auditor.restart()
    auditor.job.run_once()
    assert len(pipeline.relay.orders) == ATTEMPTS_MAX


def test_as_long_as_attempts_help_there_are_more(pipeline: PipelineInMemory, auditor: Auditor) -> None:
    refused = [3, 13, 23, 33, 43, 53]
    for position in refused:
        pipeline.lake.has[position] = 0
    while refused:
        pipeline.relay.refused = set(refused)
        auditor.job.run_once()
        refused.pop()
        auditor.clock.advance(600)
    pipeline.relay.refused = set()
    auditor.job.run_once()
    auditor.job.run_once()
    assert auditor.repairs("in_lake") == {"ordered": 7, "mended": 1}


def test_an_order_that_is_refused_is_counted_and_sent_again_after_the_grace(
    pipeline: PipelineInMemory, auditor: Auditor
) -> None:
    pipeline.lake.has[7] = 0
    pipeline.relay.away = True
    auditor.job.run_once()
    assert auditor.repairs("in_lake") == {"failed": 1}
    pipeline.relay.away = False
    auditor.clock.advance(29)
    auditor.job.run_once()
    assert pipeline.relay.orders == []
    auditor.clock.advance(1)
    auditor.job.run_once()
    assert auditor.repairs("in_lake") == {"failed": 1, "ordered": 1}


def test_one_minute_is_asked_for_in_a_run_and_the_others_follow(pipeline: PipelineInMemory, auditor: Auditor) -> None:
    for second in range(61, 140):
        pipeline.happen(2, second)
    for position in (7, 70):
        pipeline.inbox.has[position] = pipeline.lake.has[position] = 0
    auditor.clock.advance(60)
    asked = []
    for _ in range(4):
        auditor.job.run_once()
        asked.append(len(pipeline.relay.orders))
    assert asked == [1, 2, 2, 2]
    assert auditor.all("missing") == {"published": 0, "notified": 0, "in_lake": 0}
