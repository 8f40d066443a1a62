"""Traces: OpenTelemetry's SDK, sampled at the head, made so that an unsampled request pays about nothing.

Trace context crosses processes as a W3C traceparent (https://www.w3.org/TR/trace-context/): a string in a stored
event, a header of an HTTP request or a Kafka record. An unsampled trace has ids too, so that its log lines can be
found and no process further on decides again.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import entry_points
from logging import DEBUG
from types import TracebackType
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from service_kit.clock import Clock, SystemClock
from service_kit.log_level import LEVEL
from service_kit.logging import get_logger
from service_kit.sampling import KEEP, TokenBucket, head_sampler

log = get_logger(__name__)
TRACEPARENT = "traceparent"
_TRACEPARENT = re.compile(r"00-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})")
_FLUSH_MILLISECONDS = 3000


class TracingMisconfigured(RuntimeError):
    """The traces exporter that the setting names can't be used; the message says what to do."""


class _Tracing:
    """What `configure` sets up. Before it, spans have ids and go nowhere: tests need no set-up."""

    def __init__(self, provider: TracerProvider | None, bucket: TokenBucket) -> None:
        self.provider = provider
        self.bucket = bucket
        self.tracer = provider.get_tracer("service_kit") if provider else trace.NoOpTracer()

    def keeps_a_new_root(self, force: bool) -> bool:
        return self.provider is not None and (force or self.bucket.take())


_tracing = _Tracing(None, TokenBucket(0, SystemClock()))


def configure(
    service: str,
    *,
    exporter: str = "none",
    endpoint: str | None = None,
    traces_per_second: float = 5.0,
    process: str = "",
    clock: Clock | None = None,
    span_exporter: SpanExporter | None = None,
) -> None:
    """Begin to export traces of this process.

    `exporter` is a value of OTEL_TRACES_EXPORTER: `zipkin_json`, `otlp` (where its package is installed) or `none`.
    `endpoint` None leaves it to the exporter's own standard variable. `span_exporter` replaces both.

    Raises:
        TracingMisconfigured: the exporter isn't known or isn't installed.
    """
    global _tracing
    bucket = TokenBucket(traces_per_second, clock or SystemClock())
    out = span_exporter or _exporter(exporter, endpoint)
    provider = None
    if out is not None:
        resource = Resource.create({"service.name": service, "service.instance.id": process or service})
        provider = TracerProvider(sampler=head_sampler(bucket), resource=resource, shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(out, schedule_delay_millis=1000))
    shutdown()
    _tracing = _Tracing(provider, bucket)


def _exporter(name: str, endpoint: str | None) -> SpanExporter | None:
    if name == "none":
        return None
    known = {"zipkin_json": "opentelemetry-exporter-zipkin-json", "otlp": "opentelemetry-exporter-otlp"}
    if name not in known:
        raise TracingMisconfigured(f"OTEL_TRACES_EXPORTER={name!r}: use one of {', '.join(known)}, none")
    # The SDK registers `otlp` under the name of its protocol.
    found = {entry.name: entry for entry in entry_points(group="opentelemetry_traces_exporter")}
    entry = found.get(name) or found.get("otlp_proto_http" if name == "otlp" else name)
    if entry is None:
        raise TracingMisconfigured(f"OTEL_TRACES_EXPORTER={name}: install {known[name]}, or use zipkin_json or none")
    exporter: SpanExporter = entry.load()(endpoint=endpoint, timeout=_FLUSH_MILLISECONDS // 1000)
    return exporter


class span:  # noqa: N801 - it is used as a function: `with span("post transfer"):`
    """A span around a block; gives the OpenTelemetry span, which takes attributes also where it isn't recorded.

    Args:
        name: a fixed name, never one with an id in it.
        attributes: of the span; no personal data, no amounts.
        parent: the W3C traceparent of another process or thread. None: a child of the current span, and where there
            is none a root, kept as the rate allows. Never the traceparent of a public client, which would then
            decide what we keep.
        links: traceparents of other traces that this one belongs to.
        force: keep a root whatever the rate: for probes and for an operator's request.

    An exception that leaves the block is recorded on the span and goes on.
    """

    __slots__ = ("_attributes", "_entry", "_force", "_kind", "_links", "_name", "_parent", "_span", "_token")

    def __init__(
        self,
        name: str,
        attributes: Mapping[str, Any] | None = None,
        *,
        parent: str | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        links: Sequence[str] = (),
        force: bool = False,
    ) -> None:
        self._name = name
        self._attributes = attributes
        self._parent = parent
        self._kind = kind
        self._links = links
        self._force = force
        self._span: Span = trace.INVALID_SPAN
        self._token: Any = None
        self._entry = False

    def __enter__(self) -> Span:
        remote = _context_of(self._parent)
        above: Span = NonRecordingSpan(remote) if remote else trace.get_current_span()
        here = above.get_span_context()
        self._entry = remote is not None or not here.is_valid
        if not here.is_valid:
            kept = _tracing.keeps_a_new_root(self._force)
            self._attach(self._record(above, root=True) if kept else _unrecorded_root())
        elif here.trace_flags & TraceFlags.SAMPLED and _tracing.provider is not None:
            self._attach(self._record(above, root=False))
        elif remote:
            self._attach(above)
        else:
            self._span = above
        return self._span

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._token is None:
            return
        if self._entry:
            self._tell(error)
        otel_context.detach(self._token)
        if isinstance(error, Exception) and self._span.is_recording():
            self._span.record_exception(error)
            self._span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        self._span.end()

    def _tell(self, error: BaseException | None) -> None:
        """One line for each piece of work that comes from elsewhere: of kept traces always, of the others at DEBUG, so
        that the lines are as few as the sampling wants them."""
        failed = {"failed": type(error).__name__} if error else {}
        if isinstance(self._span, ReadableSpan):
            began = self._span.start_time or 0
            milliseconds = round((time.time_ns() - began) / 1_000_000, 1)
            more = dict(self._span.attributes or {})
            log.info("work_done", work=self._span.name, ms=milliseconds, **failed, attributes=more)
        elif LEVEL.now <= DEBUG:
            log.debug("work_done", work=self._name, **failed)

    def _attach(self, current: Span) -> None:
        self._span = current
        self._token = otel_context.attach(trace.set_span_in_context(current))

    def _record(self, above: Span, *, root: bool) -> Span:
        context = trace.set_span_in_context(above)
        if root:
            context = otel_context.set_value(KEEP, True, context)
        linked = [link for link in map(_context_of, self._links) if link]
        return _tracing.tracer.start_span(
            self._name,
            context=context,
            kind=self._kind,
            attributes=self._attributes,
            links=[trace.Link(link) for link in linked],
        )


def _unrecorded_root() -> Span:
    # Ids only have to be unlikely to repeat; nothing is guarded by them.
    trace_id = random.getrandbits(128) | 1
    span_id = random.getrandbits(64) | 1
    return NonRecordingSpan(SpanContext(trace_id, span_id, is_remote=False, trace_flags=TraceFlags(0)))


def _context_of(traceparent: str | None) -> SpanContext | None:
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if match is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in match.groups())
    return SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))


def current_traceparent() -> str | None:
    """The W3C traceparent of the current span, recorded or not; None outside of any span."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & TraceFlags.SAMPLED:02x}"


def is_sampled(traceparent: str | None) -> bool:
    """Whether the trace that `traceparent` names is kept. False for None and for what is no traceparent."""
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    return match is not None and bool(int(match[3], 16) & TraceFlags.SAMPLED)


def inject(headers: list[tuple[str, bytes]], traceparent: str | None = None) -> None:
    """Append the given (else the current) trace context to a Kafka record's headers."""
    value = traceparent or current_traceparent()
    if value:
        headers.append((TRACEPARENT, value.encode("ascii")))


def extract(headers: Iterable[tuple[str, bytes | None]]) -> str | None:
    """The traceparent among a Kafka record's headers; None where there is none or it is malformed."""
    for name, value in headers:
        if name == TRACEPARENT and value:
            text = value.decode("ascii", "replace")
            return text if _TRACEPARENT.fullmatch(text) else None
    return None


def instrument_stores() -> None:
    """Give every pymongo and redis call a span, where one is current. Call after `configure`.

    Not in the ledger process: even an unsampled call costs tens of microseconds.
    """
    from opentelemetry.instrumentation.pymongo import PymongoInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor

    if _tracing.provider is not None:
        PymongoInstrumentor().instrument(tracer_provider=_tracing.provider)
        RedisInstrumentor().instrument(tracer_provider=_tracing.provider)


def shutdown() -> None:
    """Send what is buffered and stop exporting. Harmless when nothing was configured."""
    global _tracing
    if _tracing.provider is not None:
        _tracing.provider.shutdown()
    _tracing = _Tracing(None, TokenBucket(0, SystemClock()))
