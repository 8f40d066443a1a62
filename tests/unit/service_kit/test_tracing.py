from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from service_kit import tracing
from service_kit.env import CommandSettings
from service_kit.observability import observe
from service_kit.tracing import current_traceparent, is_sampled, span
from tests.manual_clock import ManualClock

SAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = SAMPLED[:-2] + "00"


class Traced:
    def __init__(self) -> None:
        self.clock = ManualClock()
        self._exporter = InMemorySpanExporter()
        tracing.configure("tests", traces_per_second=2.0, clock=self.clock, span_exporter=self._exporter)

    def finished(self) -> list[ReadableSpan]:
        provider = tracing._tracing.provider
        assert provider is not None
        provider.force_flush()
        return list(self._exporter.get_finished_spans())


@pytest.fixture
def traced() -> Iterator[Traced]:
    yield Traced()
    tracing.shutdown()


def test_so_many_roots_a_second_are_kept_and_no_more(traced: Traced) -> None:
    for _ in range(10):
        with span("request"):
            pass
    assert len(traced.finished()) == 2
    traced.clock.advance(1.0)
    for _ in range(10):
        with span("request"):
            pass
    assert len(traced.finished()) == 4


def test_how_many_are_kept_is_a_setting(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "zipkin_json")
    monkeypatch.setenv("TRACES_PER_SECOND", "0")
    observe("tests", "web", CommandSettings.from_env())
    try:
        with span("request") as root:
            assert not root.is_recording()
    finally:
        tracing.shutdown()

    monkeypatch.setenv("TRACES_PER_SECOND", "-1")
    with pytest.raises(SystemExit):
        CommandSettings.from_env()
    assert "TRACES_PER_SECOND is not usable; expected: how many traces a second begin here" in capsys.readouterr().err


def test_an_operators_request_is_kept_whatever_the_rate(traced: Traced) -> None:
    for _ in range(10):
        with span("probe", force=True):
            pass
    assert len(traced.finished()) == 10


def test_a_child_belongs_to_the_span_around_it(traced: Traced) -> None:
    with span("outer", force=True), span("inner", {"rows": 3}):
        pass
    inner, outer = traced.finished()
    assert inner.parent is not None
    assert inner.parent.span_id == outer.context.span_id
    assert inner.attributes == {"rows": 3}


def test_a_child_of_an_unkept_root_does_not_begin_a_trace(traced: Traced) -> None:
    for _ in range(2):
        with span("uses the rate up"):
            pass
    with span("unkept") as root:
        traced.clock.advance(10.0)
        with span("child") as child:
            assert child.get_span_context() == root.get_span_context()
    assert [each.name for each in traced.finished()] == ["uses the rate up"] * 2


def test_an_unkept_trace_has_ids_and_says_that_it_is_not_kept() -> None:
    with span("request"):
        traceparent = current_traceparent()
        assert traceparent is not None
        assert traceparent.endswith("-00")
        assert not is_sampled(traceparent)
    assert current_traceparent() is None


def test_a_trace_goes_on_in_another_process(traced: Traced) -> None:
    with span("relay", parent=SAMPLED, kind=SpanKind.PRODUCER):
        assert is_sampled(current_traceparent())
    (relayed,) = traced.finished()
    assert relayed.parent is not None
    assert f"00-{relayed.context.trace_id:032x}-{relayed.parent.span_id:016x}-01" == SAMPLED


def test_a_trace_that_is_not_kept_is_not_begun_again_further_on(traced: Traced) -> None:
    with span("relay", parent=UNSAMPLED), span("publish"):
        assert current_traceparent() == UNSAMPLED
    assert traced.finished() == []


def test_a_malformed_traceparent_counts_as_none(traced: Traced) -> None:
    with span("relay", parent="00-zz-01"):
        pass
    (root,) = traced.finished()
    assert root.parent is None


def test_an_exception_is_recorded_and_goes_on(traced: Traced) -> None:
    with pytest.raises(ValueError, match="wrong"), span("request", force=True):
        raise ValueError("wrong")
    (failed,) = traced.finished()
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.events[0].name == "exception"


def test_links_lead_to_other_traces(traced: Traced) -> None:
    with span("batch", links=[SAMPLED, "nonsense"], force=True):
        pass
    (batch,) = traced.finished()
    assert [f"{link.context.trace_id:032x}" for link in batch.links] == [SAMPLED[3:35]]


def test_a_store_call_outside_of_any_request_begins_no_trace(traced: Traced) -> None:
    provider = tracing._tracing.provider
    assert provider is not None
    with provider.get_tracer("pymongo").start_as_current_span("find", kind=SpanKind.CLIENT):
        pass
    assert traced.finished() == []


def test_trace_context_travels_in_kafka_headers() -> None:
    headers: list[tuple[str, bytes]] = [("ce_id", b"1")]
    tracing.inject(headers, SAMPLED)
    assert headers == [("ce_id", b"1"), ("traceparent", SAMPLED.encode())]
    assert tracing.extract(headers) == SAMPLED


def test_outside_of_any_span_nothing_is_injected() -> None:
    headers: list[tuple[str, bytes]] = []
    tracing.inject(headers)
    assert headers == []


@given(st.binary(max_size=80))
def test_a_foreign_header_never_breaks_the_consumer(value: bytes) -> None:
    found = tracing.extract([("traceparent", value)])
    assert found is None or found.encode() == value


def test_an_exporter_nobody_knows_is_named() -> None:
    with pytest.raises(tracing.TracingMisconfigured, match="zipkin_json, otlp, none"):
        tracing.configure("tests", exporter="zipkin")


def test_an_exporter_that_is_not_installed_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["service_kit.tracing"], "entry_points", lambda group: [])
    with pytest.raises(tracing.TracingMisconfigured, match="opentelemetry-exporter-zipkin-json"):
        tracing.configure("tests", exporter="zipkin_json")
