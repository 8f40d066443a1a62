"""Every example is an event, and what isn't one says why."""

from __future__ import annotations

import json

import pytest

from contracts.codec import InvalidEvent, codec_for
from contracts.topics import HERE, topics

EXAMPLES = sorted((HERE / "examples").rglob("*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_survives_encoding_and_decoding(path):
    data = json.loads(path.read_text(encoding="utf-8"))
    codec = codec_for(path.parent.name)
    assert codec.decode(codec.encode(data)) == data


@pytest.mark.parametrize("topic", topics())
def test_every_event_type_of_a_schema_has_an_example(topic):
    schema = json.loads((HERE / "schemas" / topics()[topic].schema).read_text(encoding="utf-8"))
    examples = {path.stem for path in EXAMPLES if path.parent.name == topic}
    assert examples == set(schema["properties"]["type"]["enum"])


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        (None, "not_json"),
        (b"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b'{"a": NaN}', "not_json"),
        (b"[]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"{}", "schema"),
        (b'{"event_id": {"$gt": ""}}', "schema"),
    ],
)
def test_a_value_that_is_no_event_is_refused_with_its_cause(value, cause):
    with pytest.raises(InvalidEvent) as refused:
        codec_for("users").decode(value)
    assert refused.value.cause == cause


def test_an_event_that_breaks_its_schema_is_not_encoded():
    with pytest.raises(InvalidEvent):
        codec_for("transactions").encode({"type": "transfer.posted"})


def test_a_transfer_event_without_its_transfer_is_refused():
    data = json.loads((HERE / "examples/transactions/transfer.posted.json").read_text(encoding="utf-8"))
    del data["transfer"]
    with pytest.raises(InvalidEvent):
        codec_for("transactions").encode(data)
