"""No target holds up another: bulkhead and breaker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notification_service.domain import Outcome
from notification_service.lanes import (
    FAILURES_TO_OPEN,
    FIRST_REST,
    LONGEST_REST,
    LONGEST_WISH,
    REMEMBERED,
    SLOW_SECONDS,
    Lanes,
)
from tests.manual_clock import ManualClock


class World:
    def __init__(self, at_once: int = 4, threads: int = 32) -> None:
        self.clock = ManualClock()
        self.lanes = Lanes(at_once, threads, self.clock, draw=lambda: 1.0)

    def begin(self, due, free=32):
        chosen = self.lanes.choose(due, free)
        for lane, count in chosen.items():
            for _ in range(count):
                self.lanes.begun(lane)
        return chosen

    def fails(self, lane, times=1, **asked):
        for _ in range(times):
            self.lanes.begun(lane)
            self.lanes.ended(lane, Outcome.AWAY, 0.1, **asked)

    def answers(self, lane, seconds=0.1, outcome=Outcome.DELIVERED):
        self.lanes.begun(lane)
        self.lanes.ended(lane, outcome, seconds)


def test_a_lane_that_is_well_has_so_many_at_work_and_no_more():
    world = World()
    assert world.begin(["a", "b"]) == {"a": 4, "b": 4}
    assert world.begin(["a", "b"]) == {}
    world.lanes.ended("a", Outcome.DELIVERED, 0.1)
    assert world.begin(["a", "b"]) == {"a": 1}


def test_what_is_free_goes_round():
    world = World()
    assert world.lanes.choose(["a", "b", "c"], 6) == {"a": 2, "b": 2, "c": 2}
    assert world.lanes.choose(["a", "b", "c"], 0) == {}
    assert world.lanes.choose([], 5) == {}


def test_where_not_all_can_begin_the_others_are_first_next_time():
    world = World(at_once=1)
    first = world.begin(["a", "b", "c", "d"], free=2)
    second = world.begin(["a", "b", "c", "d"], free=2)
    assert set(first) | set(second) == {"a", "b", "c", "d"}


def test_one_that_has_just_failed_has_one_at_work_until_it_is_well():
    world = World()
    world.fails("down")
    assert world.lanes.choose(["down", "well"], 32) == {"down": 1, "well": 4}
    world.answers("down")
    assert world.lanes.choose(["down"], 32) == {"down": 4}


def test_those_that_are_slow_or_fail_have_half_of_the_threads_together():
    world = World(threads=12)
    world.answers("slow", SLOW_SECONDS + 1)
    world.answers("slower", SLOW_SECONDS + 5)
    world.fails("down")
    begun = world.begin(["down", "slow", "slower"], 12)
    assert (begun["down"], sum(begun.values())) == (1, 6)
    assert world.begin(["slow", "slower", "well"], 6) == {"well": 4}
    for _ in range(begun["slow"]):
        world.lanes.ended("slow", Outcome.DELIVERED, 0.1)
    assert world.begin(["slow"], 6) == {"slow": 4}


def test_after_failures_in_a_row_it_rests_and_then_one_probe_decides():
    world = World()
    world.fails("a", FAILURES_TO_OPEN)
    assert (world.lanes.choose(["a"], 32), world.lanes.open_breakers()) == ({}, 1)
    world.clock.advance(FIRST_REST)
    assert world.begin(["a"]) == {"a": 1}
    assert world.begin(["a"]) == {}
    world.lanes.ended("a", Outcome.DELIVERED, 0.1)
    assert (world.lanes.choose(["a"], 32), world.lanes.open_breakers()) == ({"a": 4}, 0)


def test_an_answer_between_begins_the_count_again():
    world = World()
    world.fails("a", FAILURES_TO_OPEN - 1)
    world.answers("a")
    world.fails("a", FAILURES_TO_OPEN - 1)
    assert world.lanes.choose(["a"], 32) == {"a": 1}


def test_with_each_probe_in_vain_it_rests_twice_as_long_up_to_a_limit():
    world = World()
    world.fails("a", FAILURES_TO_OPEN)
    rests = []
    for _ in range(10):
        before = world.clock.monotonic()
        while not world.lanes.choose(["a"], 1):
            world.clock.advance(FIRST_REST)
        rests.append(world.clock.monotonic() - before)
        world.fails("a")
    assert rests[:4] == [FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST, 8 * FIRST_REST]
    assert max(rests) == LONGEST_REST


def test_what_had_begun_before_the_breaker_opened_does_not_make_it_rest_longer():
    world = World(at_once=FAILURES_TO_OPEN + 3)
    world.begin(["a"])
    for _ in range(FAILURES_TO_OPEN + 3):
        world.lanes.ended("a", Outcome.AWAY, 10.0)
    world.clock.advance(FIRST_REST)
    assert world.lanes.choose(["a"], 32) == {"a": 1}


def test_a_target_that_asks_for_rest_gets_it_at_once_but_not_for_ever():
    world = World()
    world.fails("a", retry_after=120.0)
    world.fails("b", retry_after=1e9)
    world.clock.advance(119)
    assert world.lanes.choose(["a", "b"], 32) == {}
    world.clock.advance(1)
    assert world.lanes.choose(["a", "b"], 32) == {"a": 1}
    world.clock.advance(LONGEST_WISH)
    assert world.lanes.choose(["b"], 32) == {"b": 1}


def test_a_refusal_is_the_answer_of_one_who_is_well_and_our_own_fault_says_nothing():
    world = World()
    world.fails("a", FAILURES_TO_OPEN - 1)
    world.answers("a", outcome=Outcome.BROKEN)
    world.answers("a", outcome=Outcome.UNWANTED)
    assert world.lanes.choose(["a"], 32) == {"a": 1}
    world.answers("a", outcome=Outcome.REFUSED)
    assert world.lanes.choose(["a"], 32) == {"a": 4}


def test_what_its_owner_asks_for_goes_at_once_and_decides_like_any_probe():
    world = World()
    world.fails("a", retry_after=1e9)
    assert world.begin(["a", "a:asked"]) == {"a:asked": 1}
    assert world.begin(["a:asked"]) == {}
    world.lanes.ended("a:asked", Outcome.DELIVERED, 0.1)
    assert world.lanes.choose(["a"], 32) == {"a": 4}


def test_what_is_asked_of_one_in_trouble_takes_none_of_the_others_threads():
    world = World(threads=4)
    for lane in "abc":
        world.fails(lane, FAILURES_TO_OPEN)
    world.begin(["a:asked", "b:asked", "c:asked"])
    assert world.lanes.choose(["c:asked", "well"], 2) == {"well": 2}


def test_one_in_vain_makes_the_rest_no_longer_and_no_shorter():
    world = World()
    world.fails("a", FAILURES_TO_OPEN)
    world.fails("a:asked", 3)
    assert world.lanes.choose(["a", "a:asked"], 32) == {"a:asked": 1}
    world.clock.advance(FIRST_REST)
    assert world.lanes.choose(["a"], 32) == {"a": 1}


def test_a_lane_that_was_mended_is_probed_at_once_and_rests_as_at_first_if_it_was_not():
    world = World()
    world.fails("a", FAILURES_TO_OPEN)
    for _ in range(3):
        world.clock.advance(LONGEST_REST)
        world.fails("a")
    assert world.lanes.resting(["a", "b", "a:asked"]) == ["a"]
    world.lanes.mended("a")
    world.lanes.mended("b")
    assert world.lanes.resting(["a", "b"]) == []
    assert world.begin(["a"]) == {"a": 1}
    world.lanes.ended("a", Outcome.AWAY, 0.1)
    assert world.lanes.choose(["a"], 32) == {}
    world.clock.advance(FIRST_REST)
    assert world.lanes.choose(["a"], 32) == {"a": 1}


def test_trouble_is_remembered_of_so_many_lanes_and_no_more():
    world = World()
    for number in range(REMEMBERED + 5):
        world.fails(f"lane-{number}", retry_after=60.0)
    assert world.lanes.open_breakers() == REMEMBERED
    assert world.lanes.choose(["lane-0", f"lane-{REMEMBERED}"], 32) == {"lane-0": 4}


@given(dead=st.sets(st.integers(0, 49), max_size=5), threads=st.integers(24, 64))
def test_whoever_is_dead_the_others_get_their_turn(dead, threads):
    """Dead ones hold what they were given; each of the others begins within the first rounds all the same."""
    world = World(at_once=4, threads=threads)
    due = [f"lane-{number:02d}" for number in range(50)]
    alive = {lane for number, lane in enumerate(due) if number not in dead}
    served, free = set(), threads
    for _ in range(8):
        chosen = world.begin(due, free)
        for lane, count in chosen.items():
            if lane in alive:
                served.add(lane)
                for _each in range(count):
                    world.lanes.ended(lane, Outcome.DELIVERED, 0.05)
            else:
                free -= count
    assert served == alive
