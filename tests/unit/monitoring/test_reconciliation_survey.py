"""Asking with few questions gives the same sums as asking about every minute."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitoring.reconciliation.minutes import Book, Cell, Minute
from monitoring.reconciliation.sightings import TIMES_MAX, Sightings
from monitoring.reconciliation.survey import Survey
from tests.unit.monitoring.pipeline_in_memory import START, StageInMemory

SIZE = 10


def minutes_of(count: int) -> list[Minute]:
    """Minutes of SIZE positions each."""
    return [
        Minute(START + timedelta(minutes=n), [Cell(SIZE * n, SIZE * (n + 1), START, SIZE, SIZE, 2 * SIZE)])
        for n in range(count)
    ]


def whole_lake(count: int) -> StageInMemory:
    stage = StageInMemory()
    stage.has.update(range(1, SIZE * count + 1))
    return stage


@given(st.integers(1, 40), st.sets(st.integers(1, 400)))
def test_each_minute_has_its_own_losses(count: int, lost: set[int]) -> None:
    stage, minutes = whole_lake(count), minutes_of(count)
    for position in lost:
        stage.has[position] = 0
    Survey("in_lake", stage, questions_max=1_000).run(minutes)
    for minute in minutes:
        assert minute.missing("in_lake") == len([p for p in lost if minute.after < p <= minute.upto])


@given(st.integers(1, 40), st.sets(st.integers(1, 400)), st.integers(1, 8))
def test_with_few_questions_the_sum_is_right_at_last(count: int, lost: set[int], questions: int) -> None:
    stage, minutes = whole_lake(count), minutes_of(count)
    for position in lost:
        stage.has[position] = 0
    survey = Survey("in_lake", stage, questions_max=questions)
    for _ in range(3):
        survey.run(minutes)
    assert sum(minute.missing("in_lake") for minute in minutes) == len([p for p in lost if p <= SIZE * count])


def test_a_hundred_minutes_that_agree_are_one_question() -> None:
    stage = whole_lake(100)
    Survey("in_lake", stage).run(minutes_of(100))
    assert stage.questions == [(0, 1000)]


def test_a_stage_that_has_nothing_is_one_question() -> None:
    stage, minutes = StageInMemory(), minutes_of(100)
    Survey("in_lake", stage).run(minutes)
    assert stage.questions == [(0, 1000)]
    assert sum(minute.missing("in_lake") for minute in minutes) == 1000


def test_breaks_that_are_far_apart_are_asked_in_turn_and_the_newest_each_time() -> None:
    minutes = minutes_of(100)[::2]
    stage = StageInMemory()
    survey = Survey("in_lake", stage, questions_max=11)
    for _ in range(5):
        survey.run(minutes)
    assert stage.questions.count((980, 990)) == 5
    assert {upto for _, upto in stage.questions} == {minute.upto for minute in minutes}


def test_an_old_minute_is_one_cell() -> None:
    book = Book(0)
    for minute in range(12):
        cells = [
            Cell(2 * minute + n, 2 * minute + n + 1, START + timedelta(minutes=minute, seconds=n), 1, 1, 2)
            for n in range(2)
        ]
        book.take(cells)
    assert [len(minute.cells) for minute in book.minutes] == [1, 1] + [2] * 10
    assert book.minutes[0].expected("notified").total == 4


@given(st.lists(st.integers(1, 30)), st.integers(0, 10), st.integers(0, 30))
def test_sightings_count_as_a_list_does(seen: list[int], floor: int, after: int) -> None:
    sightings = Sightings(floor)
    for position in seen:
        sightings.saw(position)
    ours = [position for position in seen if position > floor]
    assert sightings.between(after, 30).events == len({p for p in ours if p > after})
    assert sightings.above(after) == len({p for p in ours if p > after})
    capped = sum(min(TIMES_MAX, ours.count(p)) - 1 for p in set(ours))
    assert sightings.again() == capped
    assert Sightings(floor, sightings.to_lists()).to_lists() == sightings.to_lists()
    sightings.forget_upto(after)
    assert sightings.above(0) == len({p for p in ours if p > after})
