"""Every example is an event, and what isn't one says why."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import orjson
import pytest

from contracts.codec import InvalidEvent, codec_for
from contracts.topics import HERE, topics

EXAMPLE_ID = "0190d5a0-7c1e-7000-8000-000000000001"
EXAMPLES = sorted((HERE / "examples").rglob("*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_survives_encoding_and_decoding(path):
    data = json.loads(path.read_text(encoding="utf-8"))
    codec = codec_for(path.parent.name)
    assert codec.decode(codec.encode(data)) == data


@pytest.mark.parametrize("topic", topics())
def test_every_event_type_of_a_schema_has_an_example(topic):
    schema = json.loads((HERE / "schemas" / topics()[topic].schema).read_text(encoding="utf-8"))
    types = set(schema["properties"]["type"]["enum"])
    shown = {path.stem: json.loads(path.read_text(encoding="utf-8"))["type"] for path in of_topic(topic)}
    assert types <= shown.keys()
    # What has another shape is shown beside it: transfer.posted.split.json.
    assert {name: type for name, type in shown.items() if name != type and not name.startswith(f"{type}.")} == {}


def of_topic(topic):
    return [path for path in EXAMPLES if path.parent.name == topic]


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


def formats_of(schema, path=()):
    """Where a schema asks for a format: the path into an event of that shape."""
    for name, part in schema.get("properties", {}).items():
        if "format" in part:
            yield (*path, name), part["format"]


@pytest.mark.parametrize("topic", topics())
@pytest.mark.parametrize(
    "wrong", ["x", "", "0190D5A0-7C1E-7000-8000-000000000001", "0190d5a0-7c1e-7000-8000-000000000001\n"]
)
def test_every_format_in_a_schema_is_enforced(topic, wrong):
    schema = json.loads((HERE / "schemas" / topics()[topic].schema).read_text(encoding="utf-8"))
    example = of_topic(topic)[0]
    for (name,), _ in formats_of(schema):
        with pytest.raises(InvalidEvent):
            codec_for(topic).encode(json.loads(example.read_text(encoding="utf-8")) | {name: wrong})


def test_a_transfer_event_without_its_transfer_is_refused():
    data = json.loads((HERE / "examples/transactions/transfer.posted.json").read_text(encoding="utf-8"))
    del data["transfer"]
    with pytest.raises(InvalidEvent):
        codec_for("transactions").encode(data)


@pytest.mark.parametrize("amount", [b"1250.0", b"1.25e3", b"12.5", b"99999999999999999999999"])
def test_an_amount_that_is_no_whole_number_of_minor_units_is_refused(amount):
    example = (HERE / "examples/transactions/transfer.posted.json").read_bytes()
    value = orjson.dumps(orjson.loads(example)).replace(b'"amount":1250', b'"amount":' + amount)
    assert amount in value
    with pytest.raises(InvalidEvent) as refused:
        codec_for("transactions").decode(value)
    assert refused.value.cause == "schema"


def test_what_is_refused_is_not_quoted():
    event = json.loads((HERE / "examples/users/user.registered.json").read_text(encoding="utf-8"))
    with pytest.raises(InvalidEvent) as refused:
        codec_for("users").encode(event | {"email": 5, "username": "Not A Name"})
    assert "Not A Name" not in str(refused.value)
    assert "username" in str(refused.value) or "email" in str(refused.value)


def test_an_event_with_what_json_does_not_have_is_not_encoded():
    event = json.loads((HERE / "examples/users/user.registered.json").read_text(encoding="utf-8"))
    with pytest.raises(InvalidEvent):
        codec_for("users").encode(event | {"occurred_at": datetime(2026, 11, 29, tzinfo=UTC)})
