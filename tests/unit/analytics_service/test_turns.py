"""Whose turn it is: fair to everybody, whatever waits."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics_service.domain.turns import Active, Queue, in_turn
from tests.unit.analytics_service.lakes import NOON, an_id

PEOPLE = ("ann", "bob", "cleo")


def queue(*jobs: str, taken: dict[str, int] | None = None) -> Queue:
    """`"ann"` waits, `"ann*"` is at work; ids in the order of the arguments."""
    active = tuple(
        Active(an_id(number), job.rstrip("*"), not job.endswith("*")) for number, job in enumerate(jobs, start=1)
    )
    return Queue(active, {who: NOON + timedelta(seconds=at) for who, at in (taken or {}).items()})


def people(asked: Queue) -> list[str]:
    owners = {job.id: job.user_id for job in asked.active}
    return [owners[id] for id in in_turn(asked)]


def test_everybody_has_one_turn_after_the_other():
    assert people(queue("ann", "ann", "ann", "bob", "cleo", "bob")) == ["ann", "bob", "cleo", "ann", "bob", "ann"]


def test_a_person_who_has_something_at_work_comes_after_those_who_have_not():
    assert people(queue("ann*", "ann", "bob", "bob")) == ["bob", "ann", "bob"]


def test_a_person_alone_need_not_wait_for_their_own():
    assert people(queue("ann*", "ann", "ann")) == ["ann", "ann"]


def test_whose_last_turn_is_longest_ago_comes_first():
    assert people(queue("ann", "bob", "cleo", taken={"ann": 20, "bob": 10})) == ["cleo", "bob", "ann"]


def test_of_those_who_never_had_a_turn_the_one_who_waits_longest_comes_first():
    assert people(queue("cleo", "bob", "ann")) == ["cleo", "bob", "ann"]


queues = st.builds(
    lambda jobs, taken: queue(*jobs, taken=taken),
    st.lists(st.sampled_from([*PEOPLE, *(f"{who}*" for who in PEOPLE)]), max_size=12),
    st.dictionaries(st.sampled_from(PEOPLE), st.integers(0, 100)),
)


@given(queues)
def test_each_that_waits_has_one_turn_and_a_persons_own_are_in_order(asked):
    turns = in_turn(asked)
    assert sorted(turns) == [job.id for job in asked.active if job.waits]
    owners = {job.id: job.user_id for job in asked.active}
    for who in PEOPLE:
        theirs = [id for id in turns if owners[id] == who]
        assert theirs == sorted(theirs)


@given(queues)
def test_nobody_has_a_second_at_work_while_somebody_has_none(asked):
    """Taken one after the other, as reporters do that take and don't finish."""
    at_work = {who: sum(job.user_id == who and not job.waits for job in asked.active) for who in PEOPLE}
    turns = people(asked)
    for place, who in enumerate(turns):
        assert all(at_work[who] <= at_work[other] for other in turns[place:])
        at_work[who] += 1
