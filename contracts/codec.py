"""One codec per topic: what is sent and what is received obey the same JSON Schema.

Both sides validate, because a producer's bug is cheapest to see at the producer, and a consumer may meet
records of any producer. The validators are compiled once per process (jsonschema-rs: 1.3 us for the event
of a transfer, where fastjsonschema takes 20; looking for fractions adds 2).
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema_rs
import orjson

from contracts.topics import HERE, topics

UUID_PATTERN = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
"""RFC 9562, in the one spelling that is compared as text. Draft 7 has no format `uuid`: without this all would pass."""


class InvalidEvent(ValueError):
    """The value can't be an event of its topic; retrying won't change that.

    `cause` is a small fixed set, fit for a metric's label: `not_json`, `not_an_object`, `schema`.
    """

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(f"{cause}: {detail}")
        self.cause = cause
        self.detail = detail


class Codec:
    """Encodes and decodes the values of one topic."""

    def __init__(self, topic: str, validator: jsonschema_rs.Validator) -> None:
        self.topic = topic
        self._validator = validator

    def encode(self, data: dict[str, Any]) -> bytes:
        """Return `data` as UTF-8 JSON.

        Raises:
            InvalidEvent: `data` breaks the topic's schema; nothing may be published.
        """
        self._check(data)
        return orjson.dumps(data)

    def decode(self, value: bytes | None) -> dict[str, Any]:
        """Return the record's value as a dict that obeys the topic's schema.

        Raises:
            InvalidEvent: not JSON, not an object, or against the schema.
        """
        try:
            data = orjson.loads(value if value is not None else b"")
        except orjson.JSONDecodeError as error:
            raise InvalidEvent("not_json", str(error)) from None
        if not isinstance(data, dict):
            raise InvalidEvent("not_an_object", f"a JSON object was expected, not {type(data).__name__}")
        self._check(data)
        return data

    def _check(self, data: dict[str, Any]) -> None:
        try:
            valid = self._validator.is_valid(data)
        except ValueError as error:  # a value, or a key, that JSON doesn't have
            raise InvalidEvent("schema", str(error)) from None
        if not valid:
            raise InvalidEvent("schema", _first_mistake(self._validator, data))
        if _has_fraction(data):
            raise InvalidEvent("schema", "a number is written as a fraction")


def _first_mistake(validator: jsonschema_rs.Validator, data: dict[str, Any]) -> str:
    """Where, and which rule; the value itself is masked, since it may be personal and this text is logged."""
    mistake = next(iter(validator.iter_errors(data)))
    return f"{'/'.join(map(str, mistake.instance_path)) or 'the event'}: {mistake.message}"


def _has_fraction(container: dict[str, Any] | list[Any]) -> bool:
    """JSON Schema (draft 6 and later) takes 1.0 for an integer; no event has a float, not even that one."""
    for value in container.values() if isinstance(container, dict) else container:
        kind = type(value)
        if kind is str or kind is int:
            continue
        if kind is float or ((kind is dict or kind is list) and _has_fraction(value)):
            return True
    return False


def validator_of(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    """The schema, compiled."""
    return jsonschema_rs.validator_for(_spelled_out(schema), validate_formats=True, mask="the value")


def _spelled_out(schema: Any) -> Any:
    """`format: uuid` as the pattern that it stands for."""
    if isinstance(schema, list):
        return [_spelled_out(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    whole = {name: _spelled_out(each) for name, each in schema.items()}
    return {**whole, "pattern": UUID_PATTERN} if schema.get("format") == "uuid" else whole


@cache
def codec_for(topic: str) -> Codec:
    """The codec of a topic of topics.yaml; KeyError for a topic that isn't there."""
    schema = json.loads((HERE / "schemas" / topics()[topic].schema).read_text(encoding="utf-8"))
    return Codec(topic, validator_of(schema))
