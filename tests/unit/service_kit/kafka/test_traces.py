from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service_kit import tracing
from service_kit.kafka import Message
from service_kit.kafka.traces import processing
from tests.unit.service_kit.kafka.doubles import message

TRACES = ["0af7651916cd43dd8448eb211c80319c", "1af7651916cd43dd8448eb211c80319c", "2af7651916cd43dd8448eb211c80319c"]


def traced(trace: str, flags: str = "01") -> Message:
    return message("one", headers=(("traceparent", f"00-{trace}-b7ad6b7169203331-{flags}".encode()),))


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.configure("tests", span_exporter=exporter, traces_per_second=0)
    yield exporter
    tracing.shutdown()


def test_the_work_on_one_message_is_a_child_in_its_trace(spans: InMemorySpanExporter) -> None:
    with processing([traced(TRACES[0])], "worker"):
        assert (tracing.current_traceparent() or "").split("-")[1] == TRACES[0]
    tracing.shutdown()
    (child,) = spans.get_finished_spans()
    assert child.parent is not None
    assert child.name == "process orders"


def test_the_work_on_a_batch_is_linked_to_the_kept_traces_and_shows_in_each(spans: InMemorySpanExporter) -> None:
    batch = [traced(TRACES[0]), traced(TRACES[1]), traced(TRACES[2], flags="00"), message("without")]
    with processing(batch, "worker"):
        pass
    tracing.shutdown()
    finished = spans.get_finished_spans()
    linked = [span for span in finished if span.links]
    assert [f"{link.context.trace_id:032x}" for link in linked[0].links] == TRACES[:2]
    children = {f"{span.context.trace_id:032x}" for span in finished if not span.links}
    assert children == set(TRACES[:2])


def test_a_batch_without_a_kept_trace_leaves_no_span(spans: InMemorySpanExporter) -> None:
    with processing([traced(TRACES[0], flags="00"), message("without")], "worker"):
        pass
    tracing.shutdown()
    assert spans.get_finished_spans() == ()
