"""The reconciliation counts exactly what each stage lost or has too much, and forgets nothing over a restart."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.errors import KafkaConnectionError
from pymongo.errors import PyMongoError

from monitoring.reconciliation.job import NotReconciled
from monitoring.reconciliation.metrics import STAGES
from monitoring.reconciliation.topic_tail import TopicTorn
from tests.manual_clock import ManualClock
from tests.unit.monitoring.pipeline_in_memory import START, PipelineInMemory
from tests.unit.monitoring.reconciling import Auditor


@pytest.fixture
def pipeline() -> PipelineInMemory:
    return PipelineInMemory()


@pytest.fixture
def auditor(pipeline: PipelineInMemory) -> Auditor:
    return Auditor(pipeline, ManualClock(START + timedelta(minutes=10)))


RECORDS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2]),
        st.integers(0, 20),
        st.sampled_from(["", "lost", "doubled", "twice doubled"]),
        st.sampled_from(["", "lost"]),
        st.sampled_from(["", "lost"]),
    ),
    max_size=40,
)


@given(RECORDS)
@settings(max_examples=200)
def test_any_loss_and_any_doubling_on_the_topic_is_counted_exactly(
    records: list[tuple[int, int, str, str, str]],
) -> None:
    pipeline = PipelineInMemory()
    second, lost, doubled, inbox_lost, lake_lost = 0, 0, 0, 0, 0
    for notifications, gap, topic, inbox, lake in records:
        second += gap
        position = pipeline.happen(notifications, second)
        if topic == "lost":
            pipeline.tail.topic.remove(position)
            lost += 1
        times = {"doubled": 1, "twice doubled": 2}.get(topic, 0)
        pipeline.tail.topic.extend([position] * times)
        doubled += times
        if inbox:
            pipeline.inbox.has[position] = 0
            inbox_lost += notifications
        if lake:
            pipeline.lake.has[position] = 0
            lake_lost += 1
    auditor = Auditor(pipeline, ManualClock(START + timedelta(hours=1)))
    for _ in range(2):
        auditor.job.run_once()
        assert auditor.all("missing") == {"published": lost, "notified": inbox_lost, "in_lake": lake_lost}
        assert auditor.all("surplus") == {"published": doubled, "notified": 0, "in_lake": 0}
        auditor.restart()


@given(st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=60), st.data())
@settings(max_examples=100)
def test_it_names_the_age_of_the_first_record_that_is_missing_and_what_is_whole_before_it(
    kinds: list[int], data: st.DataObject
) -> None:
    pipeline = PipelineInMemory()
    for number, notifications in enumerate(kinds):
        pipeline.happen(notifications, 7 * number)
    first = data.draw(st.integers(1, len(kinds)))
    for position in {first, *data.draw(st.sets(st.integers(first, len(kinds))))}:
        pipeline.lake.has[position] = 0
    auditor = Auditor(pipeline, ManualClock(START + timedelta(hours=1)))
    auditor.job.run_once()
    assert auditor.of("oldest_missing_age_seconds", "in_lake") == 3600 - 7 * (first - 1)
    assert auditor.all("settled_position") == {"published": len(kinds), "notified": len(kinds), "in_lake": first - 1}


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
@settings(max_examples=100)
def test_doubled_rows_and_notifications_are_too_many(copies: list[int]) -> None:
    pipeline = PipelineInMemory()
    for number, more in enumerate(copies):
        position = pipeline.happen(2, 7 * number)
        pipeline.inbox.has[position] += more
        pipeline.lake.has[position] += more
    auditor = Auditor(pipeline, ManualClock(START + timedelta(hours=1)))
    auditor.job.run_once()
    assert auditor.all("surplus") == {"published": 0, "notified": sum(copies), "in_lake": sum(copies)}
    assert auditor.all("missing") == dict.fromkeys(STAGES, 0)


def test_a_minute_that_is_over_and_agrees_is_settled_and_not_asked_about_again(
    pipeline: PipelineInMemory, auditor: Auditor
) -> None:
    for second in (1, 30, 61, 90):
        pipeline.happen(2, second)
    auditor.job.run_once()
    settled = pipeline.store.minutes[START]
    assert settled.settled_at == auditor.clock.now()
    assert auditor.open_minutes == 1
    pipeline.lake.questions.clear()
    auditor.job.run_once()
    assert all(after >= settled.upto for after, _ in pipeline.lake.questions)


def test_a_minute_that_still_grows_is_counted_from_where_it_was_whole(
    pipeline: PipelineInMemory, auditor: Auditor
) -> None:
    for second in range(30):
        pipeline.happen(2, second)
    auditor.job.run_once()
    pipeline.happen(2, 31)
    pipeline.lake.questions.clear()
    auditor.job.run_once()
    assert pipeline.lake.questions == [(29, 31)]
    assert auditor.all("missing") == dict.fromkeys(STAGES, 0)


def test_a_doubling_in_the_part_that_was_whole_shows_when_the_minute_is_over(
    pipeline: PipelineInMemory, auditor: Auditor
) -> None:
    for second in range(30):
        pipeline.happen(2, second)
    auditor.job.run_once()
    pipeline.lake.has[3] += 1
    pipeline.happen(2, 61)
    auditor.job.run_once()
    assert auditor.of("surplus", "in_lake") == 1
    assert pipeline.store.minutes[START].settled_at is None


def test_while_a_service_is_away_what_the_journal_gains_counts_as_missing_there_and_the_run_fails(
    pipeline: PipelineInMemory, auditor: Auditor
) -> None:
    pipeline.happen(2, 1)
    auditor.job.run_once()
    pipeline.inbox.away = True
    pipeline.happen(2, 2)
    pipeline.happen(1, 3)
    with pytest.raises(NotReconciled, match="notified: service: it cannot be reached"):
        auditor.job.run_once()
    assert auditor.all("missing") == {"published": 0, "notified": 3, "in_lake": 0}
    assert auditor.of("oldest_missing_age_seconds", "notified") == 600 - 2
    assert auditor.of("settled_position", "notified") == 1
    pipeline.inbox.away = False
    auditor.job.run_once()
    assert auditor.of("missing", "notified") == 0


def test_while_kafka_is_away_the_topic_is_what_was_seen_last(pipeline: PipelineInMemory, auditor: Auditor) -> None:
    pipeline.happen(2, 1)
    auditor.job.run_once()
    pipeline.tail.failure = KafkaConnectionError("no broker answers")
    pipeline.happen(2, 2)
    with pytest.raises(NotReconciled, match="topic"):
        auditor.job.run_once()
    assert auditor.of("missing", "published") == 1


def test_a_topic_that_is_not_read_to_its_end_yet_says_nothing_of_what_is_missing(
    pipeline: PipelineInMemory, auditor: Auditor
) -> None:
    pipeline.happen(2, 1)
    pipeline.tail.unread = 5
    with pytest.raises(NotReconciled, match="5 messages still to be read"):
        auditor.job.run_once()
    assert math.isnan(auditor.of("missing", "published"))
    pipeline.tail.unread = 0
    auditor.job.run_once()
    assert auditor.of("missing", "published") == 0


def test_a_message_that_the_journal_knows_nothing_of_is_too_much(pipeline: PipelineInMemory, auditor: Auditor) -> None:
    pipeline.happen(2, 1)
    pipeline.tail.topic.append(99)
    auditor.job.run_once()
    auditor.job.run_once()
    assert auditor.of("surplus", "published") == 1


def test_what_comes_late_settles_its_minute(pipeline: PipelineInMemory, auditor: Auditor) -> None:
    late = pipeline.happen(2, 1)
    pipeline.inbox.has[late] = 1
    pipeline.happen(2, 61)
    auditor.job.run_once()
    assert auditor.of("missing", "notified") == 1
    pipeline.inbox.has[late] = 2
    auditor.restart()
    auditor.job.run_once()
    assert auditor.of("missing", "notified") == 0
    assert pipeline.store.minutes[START].settled_at is not None


def test_a_clock_that_went_back_loses_no_record(pipeline: PipelineInMemory, auditor: Auditor) -> None:
    for second in (120, 1, 2, 180, 3):
        pipeline.lake.has[pipeline.happen(2, second)] = 0
    auditor.job.run_once()
    assert auditor.of("missing", "in_lake") == 5
    assert auditor.of("missing", "notified") == 0


def test_a_journal_that_became_shorter_is_said(pipeline: PipelineInMemory, auditor: Auditor) -> None:
    for second in (1, 2):
        pipeline.happen(2, second)
    auditor.job.run_once()
    pipeline.journal.records.pop()
    with pytest.raises(NotReconciled, match="it ends at 1, and had 2 before"):
        auditor.job.run_once()
    assert auditor.of("surplus", "published") == 1
    assert math.isnan(auditor.of("missing", "notified"))


def test_while_the_journal_cannot_be_read_nothing_is_said_to_be_complete(
    pipeline: PipelineInMemory, auditor: Auditor
) -> None:
    pipeline.happen(2, 1)
    pipeline.lake.has[1] = 0
    auditor.job.run_once()
    pipeline.journal.failure = PyMongoError("away")
    with pytest.raises(NotReconciled, match="journal: away"):
        auditor.job.run_once()
    assert math.isnan(auditor.of("missing", "notified"))
    assert auditor.of("missing", "in_lake") == 1
    pipeline.journal.failure = None
    auditor.job.run_once()
    assert auditor.all("missing") == {"published": 0, "notified": 0, "in_lake": 1}


def test_a_torn_topic_is_begun_anew(pipeline: PipelineInMemory, auditor: Auditor) -> None:
    pipeline.happen(2, 1)
    auditor.job.run_once()
    pipeline.tail.failure = TopicTorn("partition 0 holds 5..9, and not 1")
    with pytest.raises(NotReconciled, match="begun anew"):
        auditor.job.run_once()
    pipeline.tail.failure = None
    auditor.job.run_once()
    assert auditor.all("missing") == dict.fromkeys(STAGES, 0)
