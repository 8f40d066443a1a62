"""docs/asyncapi.yaml from contracts/: `python -m stack.event_document` writes it; a test holds the two together.

AsyncAPI 3 (https://www.asyncapi.com/docs/reference/specification/v3.0.0): a channel for each topic and its dead
letters, a message for each type of event with its examples, an operation for each process that sends or receives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from contracts.events import REPUBLISHED, EventAttributes
from contracts.topics import HERE, Topic, topics

PAGE = Path(__file__).parents[1] / "docs" / "asyncapi.yaml"
HEAD = "# Written by `python -m stack.event_document` from contracts/; a test holds the two together.\n"
ABOUT = """What the platform's processes tell each other, over Kafka.

The value of a record is JSON that obeys its topic's schema; both sides check it. CloudEvents 1.0 in binary mode: the
attributes are headers, beside W3C Trace Context. A record may come more than once and, across partitions, in another
order: consumers remember the event's id. What a consumer can't use goes to the topic's dead letters, whole.
"""
BINDING = "0.5.0"
DEAD_LETTER = "dead_letter"
Json = dict[str, Any]

HEADERS: Json = {
    "event_headers": {
        "type": "object",
        "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time"],
        "properties": {
            "ce_specversion": {"const": "1.0"},
            "ce_id": {"type": "string", "format": "uuid", "description": "The event's id, unique for ever."},
            "ce_type": {"type": "string"},
            "ce_source": {"type": "string", "description": "The service that publishes."},
            "ce_time": {"type": "string", "format": "date-time", "description": "RFC 3339, UTC."},
            "traceparent": {
                "type": "string",
                "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
                "description": "W3C Trace Context of the request behind the event, where there is one.",
            },
            REPUBLISHED: {
                "const": "true",
                "description": "Only on a record that was put on its topic again on purpose.",
            },
        },
    },
    "dead_letter_headers": {
        "type": "object",
        "description": "Beside the record's own headers; all texts.",
        "required": [f"dlq_{name}" for name in ("cause", "error", "topic", "partition", "offset", "group", "time")],
        "properties": {
            "dlq_cause": {"type": "string", "description": "Of a small fixed set, such as schema."},
            "dlq_error": {"type": "string", "maxLength": 500},
            "dlq_topic": {"type": "string", "description": "Where it lay, with partition and offset."},
            "dlq_partition": {"type": "string", "pattern": "^[0-9]+$"},
            "dlq_offset": {"type": "string", "pattern": "^[0-9]+$"},
            "dlq_group": {"type": "string", "description": "The consumer's."},
            "dlq_time": {"type": "string", "format": "date-time"},
        },
    },
}


def document() -> Json:
    """The whole document."""
    contracts = topics().values()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Events of Fintech App",
            "version": "1",
            "description": ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {"host": "localhost:9092", "protocol": "kafka", "description": "The broker that `make up` starts."}
        },
        "channels": {name: channel for topic in contracts for name, channel in _channels(topic)},
        "operations": {name: operation for topic in contracts for name, operation in _operations(topic)},
        "components": {
            "schemas": {name: schema for topic in contracts for name, schema in _schemas(topic)} | HEADERS,
            "messages": {name: message for topic in contracts for name, message in _messages(topic)}
            | {DEAD_LETTER: _dead_letter()},
        },
    }


def page() -> str:
    """The document as it is committed."""
    return HEAD + yaml.dump(document(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


class _Plain(yaml.SafeDumper):
    """No anchors, and texts of several lines as they are."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Plain.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def _channels(topic: Topic) -> Iterator[tuple[str, Json]]:
    kafka = {"topic": topic.name, "partitions": topic.partitions, "topicConfiguration": _configuration(topic)}
    yield (
        topic.name,
        {
            "address": topic.name,
            "description": topic.description,
            "messages": {type: _ref("messages", type) for type in _types(topic)},
            "bindings": {"kafka": kafka | {"bindingVersion": BINDING}},
        },
    )
    if topic.consumers:
        yield (
            topic.dead_letters,
            {
                "address": topic.dead_letters,
                "description": f"What a consumer of {topic.name} could not use.",
                "messages": {DEAD_LETTER: _ref("messages", DEAD_LETTER)},
                "bindings": {"kafka": {"topic": topic.dead_letters, "partitions": 1, "bindingVersion": BINDING}},
            },
        )


def _configuration(topic: Topic) -> Json:
    """Those settings that the binding has a place for."""
    known: Json = {}
    if policy := topic.config.get("cleanup.policy"):
        known["cleanup.policy"] = policy.split(",")
    if retention := topic.config.get("retention.ms"):
        known["retention.ms"] = int(retention)
    return known


def _operations(topic: Topic) -> Iterator[tuple[str, Json]]:
    for process in topic.producers:
        yield f"{process}.{topic.name}", _operation("send", process, topic.name, _types(topic))
    for process in topic.consumers:
        receive = _operation("receive", process, topic.name, _types(topic))
        group = process.replace("_service.", "-")
        receive["bindings"] = {"kafka": {"groupId": {"type": "string", "const": group}, "bindingVersion": BINDING}}
        yield f"{process}.{topic.name}", receive
        yield f"{process}.{topic.dead_letters}", _operation("send", process, topic.dead_letters, [DEAD_LETTER])


def _operation(action: str, process: str, channel: str, messages: list[str]) -> Json:
    return {
        "action": action,
        "title": f"{process} {action}s {channel}",
        "tags": [{"name": process.partition(".")[0]}],
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{message}"} for message in messages],
    }


def _messages(topic: Topic) -> Iterator[tuple[str, Json]]:
    schema = _schema(topic)
    for type in _types(topic):
        about = schema.get("definitions", {}).get(type.partition(".")[2], {}).get("description")
        own_type = {"properties": {"ce_type": {"const": type}}}
        yield (
            type,
            {
                "name": type,
                **({"summary": about} if about else {}),
                "headers": {"allOf": [_ref("schemas", "event_headers"), own_type]},
                "payload": {"allOf": [_ref("schemas", _name(topic)), {"properties": {"type": {"const": type}}}]},
                "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": BINDING}},
                "examples": list(_examples(topic, type)),
            },
        )


def _examples(topic: Topic, type: str) -> Iterator[Json]:
    """Those of the type, the plain one first, each with the headers that it would travel with."""
    for file in sorted((HERE / "examples" / topic.name).glob(f"{type}*.json"), key=lambda file: len(file.stem)):
        event = json.loads(file.read_text(encoding="utf-8"))
        source = topic.producers[0].partition(".")[0]
        attributes = EventAttributes(event["event_id"], type, source, event["occurred_at"])
        headers = {name: value.decode() for name, value in attributes.headers()}
        yield {"name": file.stem, "headers": headers, "payload": event}


def _dead_letter() -> Json:
    return {
        "name": DEAD_LETTER,
        "summary": "A record as it came, with its own key, value and headers, and why it could not be used.",
        "contentType": "application/octet-stream",
        "headers": _ref("schemas", "dead_letter_headers"),
        "payload": {"description": "Whatever it was."},
    }


def _schemas(topic: Topic) -> Iterator[tuple[str, Json]]:
    """The topic's schema and its definitions, each under a name of its own."""
    name, schema = _name(topic), _schema(topic)
    definitions = schema.pop("definitions", {})
    for key in ("$schema", "$id"):
        schema.pop(key)
    for suffix, part in {"": schema, **{f".{key}": part for key, part in definitions.items()}}.items():
        text = json.dumps(part).replace('"#/definitions/', f'"#/components/schemas/{name}.')
        yield name + suffix, json.loads(text)


def _schema(topic: Topic) -> Json:
    schema: Json = json.loads((HERE / "schemas" / topic.schema).read_text(encoding="utf-8"))
    return schema


def _types(topic: Topic) -> list[str]:
    types: list[str] = _schema(topic)["properties"]["type"]["enum"]
    return types


def _name(topic: Topic) -> str:
    return topic.schema.removesuffix(".json")


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
