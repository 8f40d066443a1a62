from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_kit.kafka import Cause, DlqLimit, InvalidMessage, PublishFailed
from service_kit.kafka.errors import Stopping
from tests.unit.service_kit.kafka.doubles import (
    Bench,
    Handler,
    RememberingProducer,
    StoreDown,
    fails_first,
    fails_on,
    messages,
)


def test_a_good_batch_is_handled_at_once_with_its_events() -> None:
    handler = Handler()
    bench = Bench(handler)
    settled = bench.work.do(messages("one", "two"))
    assert [each.event for each in handler.batches[0]] == ["ONE", "TWO"]
    assert [each.offset for each in settled] == [0, 1]
    assert bench.producer.records == []


def test_three_malformed_messages_go_to_the_dead_letters_and_the_rest_of_the_batch_goes_on() -> None:
    handler = Handler()
    bench = Bench(handler)
    settled = bench.work.do(messages("one", "bad1", "two", "bad2", "bad3", "three"))
    assert handler.done == [b"one", b"two", b"three"]
    assert [record.value for record in bench.producer.records] == [b"bad1", b"bad2", b"bad3"]
    assert bench.metric("messaging_consumer_dead_letters_total", cause="malformed") == 3
    assert len(settled) == 6
    assert not bench.watch.tripped


def test_a_batch_of_malformed_messages_alone_never_reaches_the_handler() -> None:
    handler = Handler()
    Bench(handler).work.do(messages("bad1", "bad2"))
    assert handler.batches == []


def test_what_decode_does_not_foresee_goes_to_the_dead_letters_as_failed() -> None:
    handler = Handler()
    bench = Bench(handler)
    not_text = messages("one")[0].__class__("orders", 0, 0, 0, b"key", b"\xff")
    bench.work.do([not_text])
    assert bench.causes == [Cause.FAILED]


def test_a_failure_that_passes_is_tried_again_with_the_whole_batch() -> None:
    handler = Handler(fails_first(RuntimeError("once"), RuntimeError("twice")))
    bench = Bench(handler)
    bench.work.do(messages("one", "two"))
    assert handler.done == [b"one", b"two"]
    assert len(bench.clock.slept) == 2
    assert bench.metric("messaging_consumer_retries_total", error_type="failed") == 2


def test_a_message_that_keeps_failing_goes_to_the_dead_letters_alone() -> None:
    handler = Handler(fails_on(b"two", RuntimeError("no way")))
    bench = Bench(handler)
    bench.work.do(messages("one", "two", "three"))
    assert handler.done == [b"one", b"three"]
    assert bench.causes == [Cause.FAILED]
    assert dict(bench.producer.records[0].headers)["dlq_error"] == b"RuntimeError: no way"
    assert [len(batch) for batch in handler.batches] == [3, 3, 3, 1, 1, 1]


def test_what_the_handler_refuses_for_good_is_not_tried_again() -> None:
    handler = Handler(fails_on(b"two", InvalidMessage("the account is closed", Cause.REFUSED)))
    bench = Bench(handler)
    bench.work.do(messages("one", "two", "three"))
    assert bench.causes == [Cause.REFUSED]
    assert bench.clock.slept == []
    assert [len(batch) for batch in handler.batches] == [3, 1, 1, 1]


def test_a_store_that_is_down_sends_nothing_to_the_dead_letters_however_long_it_takes() -> None:
    handler = Handler(fails_first(*[StoreDown("refused")] * 50))
    bench = Bench(handler)
    bench.work.do(messages("one", "two"))
    assert handler.done == [b"one", b"two"]
    assert bench.producer.records == []
    assert bench.metric("messaging_consumer_retries_total", error_type="dependency_down") == 50
    assert bench.metric("messaging_consumer_dependency_down") == 0


def test_while_a_store_is_down_the_work_says_what_it_waits_for() -> None:
    said: list[tuple[str | None, float]] = []

    def wait(_seconds: float) -> None:
        said.append((bench.work.waits_for, bench.metric("messaging_consumer_dependency_down")))

    bench = Bench(Handler(fails_first(StoreDown("refused"))), wait=wait)
    bench.work.do(messages("one"))
    assert said == [("StoreDown: refused", 1.0)]
    assert bench.work.waits_for is None


def test_a_store_that_goes_down_while_messages_are_tried_alone_is_waited_for() -> None:
    failing = fails_on(b"two", RuntimeError("no way"))
    once = fails_first(StoreDown("away"))
    handler = Handler(lambda batch: failing(batch) or (once(batch) if len(batch) == 1 else None))
    bench = Bench(handler)
    bench.work.do(messages("one", "two", "three"))
    assert handler.done == [b"one", b"three"]
    assert bench.causes == [Cause.FAILED]


def test_dead_letters_that_cannot_be_published_are_waited_for() -> None:
    bench = Bench(Handler(), RememberingProducer([PublishFailed("away"), PublishFailed("away")]))
    settled = bench.work.do(messages("bad1"))
    assert len(settled) == 1
    assert bench.causes == [Cause.MALFORMED]


def test_a_stop_while_the_store_is_down_settles_nothing() -> None:
    def stop(_seconds: float) -> None:
        raise Stopping

    bench = Bench(Handler(fails_first(StoreDown("refused"))), wait=stop)
    with pytest.raises(Stopping):
        bench.work.do(messages("one", "bad1"))
    assert bench.producer.records == []


def test_a_thousand_malformed_in_a_row_stop_the_work_at_the_limit() -> None:
    bench = Bench(Handler(), limit=DlqLimit(window=100, share=0.5, minimum=20))
    settled = bench.work.do(messages(*[f"bad{number}" for number in range(1000)]))
    assert bench.watch.tripped
    assert len(settled) == len(bench.producer.records) == 20


def test_who_is_started_again_gets_past_a_thousand_in_fifty_starts_and_buries_each_once() -> None:
    left = messages(*(f"bad{number}" for number in range(1_000)), "good")
    handler, buried, starts = Handler(), list[bytes | None](), 0
    while left:
        bench = Bench(handler, limit=DlqLimit())
        left = left[len(bench.work.do(left)) :]
        buried += [record.value for record in bench.producer.records]
        starts += 1
    assert buried == [f"bad{number}".encode() for number in range(1_000)]
    assert (handler.done, starts) == ([b"good"], 51)


def test_good_messages_behind_the_limit_are_neither_handled_nor_settled() -> None:
    handler = Handler()
    bench = Bench(handler, limit=DlqLimit(window=10, share=0.5, minimum=4))
    settled = bench.work.do(messages("one", "bad1", "bad2", "bad3", "two"))
    assert [each.offset for each in settled] == [0, 1, 2, 3]
    assert handler.done == [b"one"]


def test_a_handler_that_fails_on_everything_stops_the_work_at_the_limit() -> None:
    handler = Handler(lambda batch: RuntimeError("our own fault"))
    bench = Bench(handler, limit=DlqLimit(window=10, share=0.5, minimum=4))
    settled = bench.work.do(messages(*[f"good{number}" for number in range(100)]))
    assert bench.watch.tripped
    assert len(settled) == len(bench.producer.records) == 4


def test_secrets_in_an_error_do_not_reach_the_dead_letters() -> None:
    bench = Bench(Handler(fails_on(b"one", RuntimeError("mongodb://ledger:hunter22@127.0.0.1/ refused"))))
    bench.work.do(messages("one"))
    assert b"hunter22" not in dict(bench.producer.records[0].headers)["dlq_error"]


@given(st.lists(st.sampled_from(["good", "bad", "poison"]), max_size=60))
def test_every_settled_message_is_handled_or_a_dead_letter_and_never_both(kinds: list[str]) -> None:
    handler = Handler(lambda batch: RuntimeError("p") if any(b"poison" in (m.value or b"") for m in batch) else None)
    bench = Bench(handler, limit=DlqLimit(window=20, share=0.5, minimum=5))
    batch = messages(*[f"{kind}{number}" for number, kind in enumerate(kinds)])
    settled = bench.work.do(batch)
    dead = [record.value for record in bench.producer.records]
    assert [each.offset for each in settled] == [each.offset for each in batch][: len(settled)]
    assert len(settled) == len(batch) or bench.watch.tripped
    settled_values = sorted(m.value or b"" for m in settled)
    assert sorted([*(value or b"" for value in dead), *_unique(handler.done, settled_values)]) == settled_values


def _unique(done: list[bytes | None], settled: list[bytes]) -> list[bytes]:
    # Handled more than once is allowed (a batch that is tried again), and beyond the limit only what was handled
    # within a batch that had failed as a whole could be; neither is lost.
    return sorted({value or b"" for value in done} & set(settled))
