"""Logs as JSON lines on standard output, ours and the libraries' alike.

One line: timestamp (RFC 3339, UTC), level, event, service, process, and where there is one trace_id, span_id,
request_id (contextvars). An exception is a structured field, without local variables: they hold secrets.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import orjson
import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger

from service_kit.log_level import LEVEL, listen
from service_kit.redaction import redact

# Libraries that bring handlers of their own; their lines belong in ours. Kafka's clients tell each heartbeat at INFO.
LIBRARIES = ("_granian", "granian.access", "werkzeug", "kafka", "pymongo", "redis", "opentelemetry")
LEVELS = {name.lower(): number for name, number in logging.getLevelNamesMapping().items()} | {
    "exception": logging.ERROR
}
CHATTY = ("kafka", "urllib3", "httpx", "httpcore")


def configure(service: str, *, process: str = "", level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log line of this process, structlog's and stdlib's, as JSON to `stream` (default stdout).

    `level` is a stdlib name such as INFO. Call it once at the start of a process (and again in a worker whose server
    has set its own logging up in between).

    Raises:
        ValueError: `level` is no level.
    """
    threshold = logging.getLevelNamesMapping().get(level.upper())
    if threshold is None:
        raise ValueError(f"{level!r} is no log level")
    out = stream or sys.stdout
    shared = _processors(service, process)
    structlog.configure(
        processors=[_drop_what_is_below, *shared, _render],
        # The level may change while the process runs, so that it is looked at for each line.
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
        )
    )
    _take_over_stdlib(handler)
    LEVEL.configure(threshold, _set_stdlib_level)


def listen_to_signals() -> None:
    """From now on SIGUSR1 and SIGUSR2 change this process' level: see service_kit.log_level."""
    log = get_logger(__name__)
    listen(lambda level: log.warning("log_level_changed", to=logging.getLevelName(level)))


def _take_over_stdlib(handler: logging.Handler) -> None:
    logging.getLogger().handlers[:] = [handler]
    for name in LIBRARIES:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    logging.captureWarnings(True)


def _set_stdlib_level(threshold: int) -> None:
    logging.getLogger().setLevel(threshold)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def _drop_what_is_below(_logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    if LEVELS[method] < LEVEL.now:
        raise structlog.DropEvent
    return event


def _processors(service: str, process: str) -> list[Processor]:
    def name_the_process(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        if process:
            event["process"] = process
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_the_process,
        _name_the_trace,
        structlog.processors.ExceptionRenderer(
            structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
        ),
        _redact,
    ]


def _name_the_trace(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = format(context.trace_id, "032x")
        event["span_id"] = format(context.span_id, "016x")
    return event


def _redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return redact(event)


def _render(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def get_logger(name: str) -> Any:
    """The way to a logger: `log = get_logger(__name__)`, then `log.info("transfer_posted", position=7)`."""
    return structlog.get_logger(module=name)
