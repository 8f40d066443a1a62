from __future__ import annotations

import io
import json
import logging as stdlib_logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from service_kit import logging, tracing


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


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        logging.configure("x", level="LOUD")
