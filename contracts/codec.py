"""One codec per topic: what is sent and what is received obey the same JSON Schema.

Both sides validate, because a producer's bug is cheapest to see at the producer, and a consumer may meet
records of any producer. The validators are compiled once per process (fastjsonschema: about 5 us for a record).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import fastjsonschema
import orjson

from contracts.topics import HERE, topics

# fastjsonschema checks date-time and lets formats that it doesn't know pass.
UUID_PATTERN = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z"


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

    def __init__(self, topic: str, validate: Callable[[Any], Any]) -> None:
        self.topic = topic
        self._validate = validate

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
            self._validate(data)
        except fastjsonschema.JsonSchemaValueException as error:
            raise InvalidEvent("schema", error.message) from None


@cache
def codec_for(topic: str) -> Codec:
    """The codec of a topic of topics.yaml; KeyError for a topic that isn't there."""
    schema = json.loads((HERE / "schemas" / topics()[topic].schema).read_text(encoding="utf-8"))
    return Codec(topic, fastjsonschema.compile(schema, formats={"uuid": UUID_PATTERN}))
