from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_kit.kafka import Cause, DlqLimit, dead_letters_of
from service_kit.kafka.dead_letters import DeadLetter, DlqWatch
from tests.manual_clock import ManualClock
from tests.unit.service_kit.kafka.doubles import message

TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_dead_letter_keeps_the_message_and_tells_why_where_and_when() -> None:
    original = message("bad", offset=7, headers=(("ce_id", b"e-1"), ("traceparent", TRACEPARENT)))
    record = DeadLetter(original, Cause.SCHEMA, "amount is missing").record("worker", ManualClock())
    headers = dict(record.headers)
    assert (record.topic, record.key, record.value) == ("orders.dlq", b"key", b"bad")
    assert headers["traceparent"] == TRACEPARENT
    assert headers["ce_id"] == b"e-1"
    assert headers["dlq_cause"] == b"schema"
    assert headers["dlq_error"] == b"amount is missing"
    assert (headers["dlq_topic"], headers["dlq_partition"], headers["dlq_offset"]) == (b"orders", b"0", b"7")
    assert headers["dlq_group"] == b"worker"
    assert headers["dlq_time"] == b"2026-01-02T03:04:05+00:00"


def test_the_error_of_a_dead_letter_is_bounded() -> None:
    record = DeadLetter(message("bad"), Cause.FAILED, "x" * 10_000).record("worker", ManualClock())
    assert len(dict(record.headers)["dlq_error"]) == 500


def test_a_message_that_was_put_back_and_failed_again_tells_of_its_last_failure() -> None:
    original = message("bad", headers=(("dlq_cause", b"failed"), ("dlq_offset", b"1")))
    record = DeadLetter(original, Cause.SCHEMA, "why").record("worker", ManualClock())
    assert [value for name, value in record.headers if name == "dlq_cause"] == [b"schema"]


def test_dead_letters_lie_beside_their_topic() -> None:
    assert dead_letters_of("users") == "users.dlq"


def test_a_few_dead_letters_at_the_start_do_not_trip_the_limit() -> None:
    watch = DlqWatch(DlqLimit(minimum=20))
    for _ in range(3):
        watch.saw(dead=True)
    assert not watch.tripped


def test_old_dead_letters_are_forgotten() -> None:
    watch = DlqWatch(DlqLimit(window=10, minimum=5))
    for dead in [True] * 10 + [False] * 5:
        watch.saw(dead=dead)
    assert not watch.tripped


@given(st.lists(st.booleans(), max_size=300))
def test_the_limit_is_reached_exactly_when_most_of_the_window_is_dead(history: list[bool]) -> None:
    watch = DlqWatch(DlqLimit(window=50, share=0.5, minimum=10))
    for dead in history:
        watch.saw(dead=dead)
    recent = history[-50:]
    assert watch.tripped == (len(recent) >= 10 and sum(recent) > len(recent) / 2)


@pytest.mark.parametrize("wrong", [{"window": 5, "minimum": 6}, {"share": 0.0}, {"share": 1.0}, {"minimum": 0}])
def test_a_limit_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="needed"):
        DlqLimit(**wrong)  # type: ignore[arg-type]
