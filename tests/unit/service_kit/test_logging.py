from __future__ import annotations

import io
import json
import logging as stdlib_logging
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from service_kit import logging, tracing
from service_kit.log_level import LEVEL


class Lines(io.StringIO):
    def parsed(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    out = Lines()
    root = stdlib_logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logging.configure("ledger_service", process="relay", level="INFO", stream=out)
    yield out
    root.handlers[:], root.level = handlers, level
    stdlib_logging.captureWarnings(False)
    structlog.contextvars.clear_contextvars()


def test_a_line_is_json_with_time_level_service_and_process(lines: Lines) -> None:
    logging.get_logger("here").info("transfer_posted", position=7)
    (line,) = lines.parsed()
    assert line["event"] == "transfer_posted"
    assert line["position"] == 7
    assert (line["level"], line["service"], line["process"]) == ("info", "ledger_service", "relay")
    assert line["timestamp"].endswith("Z")


def test_what_libraries_log_takes_the_same_form(lines: Lines) -> None:
    stdlib_logging.getLogger("pymongo.pool").warning("pool %s closed", 3)
    (line,) = lines.parsed()
    assert (line["event"], line["logger"], line["service"]) == ("pool 3 closed", "pymongo.pool", "ledger_service")


def test_the_trace_and_the_request_are_named(lines: Lines) -> None:
    structlog.contextvars.bind_contextvars(request_id="r-1")
    with tracing.span("request"):
        traceparent = tracing.current_traceparent() or ""
        logging.get_logger("here").info("one")
        stdlib_logging.getLogger("pymongo").warning("two")
    for line in lines.parsed():
        assert line["request_id"] == "r-1"
        assert f"00-{line['trace_id']}-{line['span_id']}-00" == traceparent


def test_an_exception_is_a_field_without_the_local_variables(lines: Lines) -> None:
    def fail() -> None:
        hidden_local = "in-the-frame"
        raise ValueError(f"wrong {len(hidden_local)}")

    try:
        fail()
    except ValueError:
        logging.get_logger("here").exception("crashed")
    (line,) = lines.parsed()
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert line["exception"][0]["exc_value"] == "wrong 12"
    assert "in-the-frame" not in lines.getvalue()


def test_secrets_are_hidden_in_every_line(lines: Lines) -> None:
    logging.get_logger("here").info("login", password="hunter22hunter22")
    stdlib_logging.getLogger("pymongo").error("cannot reach mongodb://ledger:hunter22hunter22@127.0.0.1/")
    assert "hunter22" not in lines.getvalue()
    assert len(lines.parsed()) == 2


def test_what_is_below_the_level_is_not_written(lines: Lines) -> None:
    logging.get_logger("here").debug("noise")
    stdlib_logging.getLogger("kafka.coordinator").info("heartbeat")
    assert lines.getvalue() == ""


def test_a_value_json_does_not_know_is_shown_and_does_not_break_the_line(lines: Lines) -> None:
    logging.get_logger("here").info("odd", value={1, 2}, other=object, key={3: "three"})
    (line,) = lines.parsed()
    assert sorted(line["value"]) == [1, 2]


class NoExporter(SpanExporter):
    """Traces are kept, and go nowhere."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS


@pytest.fixture
def keeping(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tracing, "log", logging.get_logger("tracing"))
    tracing.configure("ledger_service", traces_per_second=1000, span_exporter=NoExporter())
    yield
    tracing.configure("ledger_service")


def test_a_process_says_once_that_its_part_of_a_kept_trace_is_done(lines: Lines, keeping: None) -> None:
    with tracing.span("request"):
        here = tracing.current_traceparent()
        with tracing.span("inside"):
            pass
    with tracing.span("in the next process", {"ledger.position": 7}, parent=here):
        pass

    request, next_process = lines.parsed()
    assert (request["event"], request["work"], request["trace_id"]) == ("work_done", "request", (here or "")[3:35])
    assert (next_process["work"], next_process["trace_id"]) == ("in the next process", request["trace_id"])
    assert next_process["attributes"] == {"ledger.position": 7}
    assert next_process["ms"] >= 0


def test_work_that_fails_is_told_with_what_it_failed_of(lines: Lines, keeping: None) -> None:
    with pytest.raises(ZeroDivisionError), tracing.span("request"):
        _ = 1 / 0

    assert lines.parsed()[0]["failed"] == "ZeroDivisionError"


def test_of_traces_that_are_not_kept_is_told_at_debug_only(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "log", logging.get_logger("tracing"))
    with tracing.span("one"):
        pass
    LEVEL.more()
    with tracing.span("two"):
        pass

    assert [line["work"] for line in lines.parsed()] == ["two"]


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        logging.configure("x", level="LOUD")
