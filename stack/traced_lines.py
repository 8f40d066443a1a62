"""`logs --trace`: the lines of one request from the logs of every process, in order of time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack.errors import StackError
from stack.layout import Layout

WANTED = re.compile(r"[\w.-]{4,128}", re.ASCII)
SHOWN_APART = ("timestamp", "level", "event", "service", "process", "module", "logger", "trace_id", "span_id")


@dataclass(frozen=True, order=True)
class Line:
    """One line of a log; `process` is the log's own name."""

    at: str
    process: str
    fields: dict[str, Any]

    def told(self) -> str:
        """As a person reads it: time of day, process, level, event, then what else it says."""
        more = " ".join(f"{key}={_plain(value)}" for key, value in self.fields.items() if key not in SHOWN_APART)
        clock = self.at.partition("T")[2][:12]
        return f"{clock}  {self.process:<22} {self.fields.get('level', ''):<8} {self.fields.get('event', '')}  {more}"


def show_trace(layout: Layout, wanted: str) -> int:
    """Print the lines of a trace id, or of the traces that a request id (X-Request-ID) belongs to.

    Raises StackError for what is no id, and where no line speaks of it.
    """
    if not WANTED.fullmatch(wanted):
        raise StackError("TRACE is a trace id or a request id: letters, digits, hyphens")
    found = lines_of(wanted, layout.logs)
    if not found:
        raise StackError(
            f"no line of {layout.logs} has the trace or request id {wanted}: traces that are not kept are told of at "
            "DEBUG only (make log-level LEVEL=debug), and old lines are removed"
        )
    for line in found:
        print(line.told())
    return 0


def lines_of(wanted: str, folder: Path) -> list[Line]:
    """In order of time. A request id stands on the web process' own lines, so its traces are looked for as well."""
    own = [line for line in _lines(folder, {wanted}) if wanted in (line.fields.get("trace_id"), _request(line.fields))]
    traces = {str(line.fields["trace_id"]) for line in own if "trace_id" in line.fields}
    others = [line for line in _lines(folder, traces) if line.fields.get("trace_id") in traces]
    return sorted({(line.at, line.process, str(line.fields)): line for line in [*own, *others]}.values(), key=_order)


def _order(line: Line) -> tuple[str, str]:
    return line.at, line.process


def _request(fields: dict[str, Any]) -> object:
    return fields.get("request_id")


def _lines(folder: Path, ids: Iterable[str]) -> Iterator[Line]:
    words = [each.encode() for each in ids]
    # Older parts of a log have a number behind them: name.log.1.
    for path in sorted(folder.glob("*.log*")):
        with path.open("rb") as file:
            for raw in file:
                # Most lines are of other requests, and only these few are worth parsing.
                if any(word in raw for word in words) and (fields := _parsed(raw)):
                    yield Line(str(fields.get("timestamp", "")), path.name.partition(".log")[0], fields)


def _parsed(raw: bytes) -> dict[str, Any]:
    """Nothing for a line that is no JSON object: servers write lines of their own, and a kill may cut one short."""
    try:
        fields = json.loads(raw)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
