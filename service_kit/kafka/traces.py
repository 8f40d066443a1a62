"""The span around the work on a batch, so that a transfer's trace goes on where its event arrives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from opentelemetry.trace import SpanKind

from service_kit import tracing
from service_kit.kafka.records import Message

# A batch holds few sampled messages, the head's rate being what it is; a bound all the same.
MAX_LINKS = 16


@contextmanager
def processing(messages: Sequence[Message], group: str) -> Iterator[None]:
    """Trace the work on `messages`.

    One message: a child of its trace. Several: a span of their own for the batch, linked to the sampled ones, and in
    the trace of each of those a child that lasts as long, since not every trace store shows links (Zipkin doesn't).
    """
    traceparents = [message.traceparent for message in messages]
    sampled = [parent for parent in traceparents if parent and tracing.is_sampled(parent)][:MAX_LINKS]
    name = f"process {messages[0].topic}" if messages else "process"
    attributes = {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.consumer.group.name": group,
        "messaging.batch.message_count": len(messages),
    }
    if len(messages) == 1:
        with tracing.span(name, attributes, parent=traceparents[0], kind=SpanKind.CONSUMER):
            yield
        return
    with ExitStack() as spans:
        batch = tracing.span(name, attributes, links=sampled, force=bool(sampled), kind=SpanKind.CONSUMER)
        spans.enter_context(batch)
        for parent in sampled:
            spans.enter_context(tracing.span(name, attributes, parent=parent, kind=SpanKind.CONSUMER))
        yield
