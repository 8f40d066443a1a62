from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_kit.retries import Backoff, retry
from tests.manual_clock import ManualClock


class Passing(Exception):
    """Gone when tried again."""


class Permanent(Passing):
    """Looks like a passing one, and isn't."""


class Flaky:
    """Fails as often as it has failures, then answers."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self._failures:
            raise self._failures.pop(0)
        return "answer"


def test_a_failure_that_passes_is_tried_again_until_there_is_an_answer() -> None:
    clock, call = ManualClock(), Flaky(Passing(), Passing())
    assert retry(call, passing=(Passing,), sleep=clock.sleep) == "answer"
    assert call.calls == 3
    assert len(clock.slept) == 2


def test_the_last_failure_is_raised_itself_when_the_attempts_are_used_up() -> None:
    failures = [Passing("first"), Passing("second")]
    with pytest.raises(Passing, match="second"):
        retry(Flaky(*failures), passing=(Passing,), sleep=ManualClock().sleep, backoff=Backoff(attempts=2))


def test_any_other_failure_is_permanent() -> None:
    call = Flaky(ValueError("wrong"))
    with pytest.raises(ValueError, match="wrong"):
        retry(call, passing=(Passing,), sleep=ManualClock().sleep)
    assert call.calls == 1


def test_a_class_named_as_permanent_is_not_tried_again() -> None:
    call = Flaky(Permanent())
    with pytest.raises(Permanent):
        retry(call, passing=(Passing,), permanent=(Permanent,), sleep=ManualClock().sleep)
    assert call.calls == 1


def test_each_failure_that_will_be_tried_again_is_told() -> None:
    told: list[tuple[str, int]] = []
    retry(
        Flaky(Passing("a"), Passing("b")),
        passing=(Passing,),
        sleep=ManualClock().sleep,
        on_retry=lambda error, attempt: told.append((str(error), attempt)),
    )
    assert told == [("a", 1), ("b", 2)]


def test_a_sleep_that_raises_gives_up_at_once() -> None:
    class ToldToStop(Exception):
        pass

    def stop(_seconds: float) -> None:
        raise ToldToStop

    with pytest.raises(ToldToStop):
        retry(Flaky(Passing()), passing=(Passing,), sleep=stop, backoff=Backoff(attempts=None))


@given(
    failures=st.integers(1, 30),
    initial=st.floats(0.001, 1.0, allow_nan=False),
    factor=st.floats(1.0, 50.0, allow_nan=False),
)
def test_every_delay_lies_between_zero_and_the_growing_bound(failures: int, initial: float, factor: float) -> None:
    clock = ManualClock()
    backoff = Backoff(initial_seconds=initial, max_seconds=initial * factor, attempts=None)
    retry(Flaky(*[Passing()] * failures), passing=(Passing,), sleep=clock.sleep, backoff=backoff)
    assert len(clock.slept) == failures
    for number, delay in enumerate(clock.slept):
        assert 0 <= delay <= min(backoff.max_seconds, initial * 2**number)


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"initial_seconds": 0.0}, {"initial_seconds": 9.0}])
def test_a_backoff_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Backoff(**wrong)  # type: ignore[arg-type]
