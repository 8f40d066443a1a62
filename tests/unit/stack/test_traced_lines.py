"""One request's lines, from the logs of all processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.layout import Layout
from stack.traced_lines import lines_of, show_trace

TRACE, OTHER = "0af7651916cd43dd8448eb211c80319c", "1bf7651916cd43dd8448eb211c80319d"


def line(second: int, event: str, trace: str = TRACE, **more: object) -> str:
    at = f"2026-01-02T03:04:{second:02}.500000Z"
    return json.dumps({"timestamp": at, "level": "info", "event": event, "trace_id": trace, "span_id": "b7", **more})


@pytest.fixture
def logs(layout: Layout) -> Path:
    folder = layout.logs
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "transaction-web.log").write_text(
        "\n".join(
            [
                line(9, "answered", request_id="r-1234"),
                line(1, "asked", request_id="r-1234"),
                line(2, "somebody else", OTHER, request_id="r-9999"),
                "Traceback: no JSON",
                line(3, "cut short")[:-9],
            ]
        ),
        encoding="utf-8",
    )
    (folder / "notification-consumer.log").write_text(line(6, "told", attributes={"ledger.position": 7}) + "\n")
    (folder / "transaction-relay-1.log.1").write_text(line(4, "published") + "\n")
    return folder


def test_a_traces_lines_come_from_every_process_and_its_older_logs_in_order(logs: Path) -> None:
    assert [(found.process, found.fields["event"]) for found in lines_of(TRACE, logs)] == [
        ("transaction-web", "asked"),
        ("transaction-relay-1", "published"),
        ("notification-consumer", "told"),
        ("transaction-web", "answered"),
    ]


def test_a_request_id_leads_to_the_lines_of_its_whole_trace(logs: Path) -> None:
    assert lines_of("r-1234", logs) == lines_of(TRACE, logs)


def test_an_id_that_only_stands_in_a_text_is_no_answer(logs: Path) -> None:
    (logs / "auth-web.log").write_text(line(5, f"about {TRACE}", OTHER) + "\n")

    assert "auth-web" not in {found.process for found in lines_of(TRACE, logs)}


def test_a_line_is_told_with_its_time_process_and_the_rest(
    logs: Path, layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_trace(layout, TRACE) == 0

    told = capsys.readouterr().out.splitlines()
    assert told[0].split() == ["03:04:01.500", "transaction-web", "info", "asked", "request_id=r-1234"]
    assert 'attributes={"ledger.position": 7}' in told[2]
    assert TRACE not in "".join(told)


@pytest.mark.parametrize("wrong", ["", "abc", "../../etc/passwd", "a b c d e", "x" * 129])
def test_what_is_no_id_is_refused(wrong: str, layout: Layout) -> None:
    with pytest.raises(StackError, match="trace id or a request id"):
        show_trace(layout, wrong)


def test_where_no_line_speaks_of_it_the_reason_is_told(logs: Path, layout: Layout) -> None:
    with pytest.raises(StackError, match="log-level LEVEL=debug"):
        show_trace(layout, "f" * 32)
