from __future__ import annotations

from typing import Any

import pytest

from service_kit.api_document import ApiDocument, DocumentError
from service_kit.schemas import MISTAKES_MAX, Mistaken, Schema, is_date, is_date_time

COMPONENTS = {
    "components": {
        "schemas": {
            "Name": {"type": "string", "maxLength": 10},
            "Order": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "count"],
                "properties": {
                    "name": {"$ref": "#/components/schemas/Name"},
                    "count": {"type": "integer", "minimum": 1},
                    "note": {"type": "string", "nullable": True},
                    "size": {"type": "string", "default": "m", "pattern": "^[sml]$", "description": "One of s, m, l."},
                    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Name"}},
                },
            },
            "Loop": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Loop"}}},
        }
    }
}
GOOD = {"name": "tea", "count": 2}


def schema(name: str = "Order", **more: Any) -> Schema:
    return Schema({"$ref": f"#/components/schemas/{name}"}, ApiDocument(COMPONENTS), more)


def test_a_value_that_obeys_has_its_defaults_filled_in() -> None:
    value: dict[str, Any] = {**GOOD, "note": None}

    schema()(value)

    assert value == {"name": "tea", "count": 2, "note": None, "size": "m"}


@pytest.mark.parametrize(
    ("value", "pointer", "code"),
    [
        ({**GOOD, "count": "2"}, "#/count", "type"),
        ({**GOOD, "count": True}, "#/count", "type"),
        ({**GOOD, "count": 1.0}, "#/count", "type"),
        ({**GOOD, "count": None}, "#/count", "type"),
        ({**GOOD, "count": 0}, "#/count", "minimum"),
        ({**GOOD, "name": "a name that is too long"}, "#/name", "maxLength"),
        ({**GOOD, "price/kg": 0}, "#/price~1kg", "additionalProperties"),
        ({**GOOD, "items": ["tea", 1]}, "#/items/1", "type"),
        ({"name": "tea"}, "#/count", "required"),
        ([], "#", "type"),
        (None, "#", "type"),
    ],
)
def test_a_mistake_is_told_by_its_place_and_rule(value: Any, pointer: str, code: str) -> None:
    with pytest.raises(Mistaken) as caught:
        schema()(value)

    (mistake,) = caught.value.mistakes
    assert (mistake["pointer"], mistake["code"]) == (pointer, code)


def test_all_mistakes_are_told_at_once_up_to_a_number() -> None:
    assert {m["pointer"] for m in schema().mistakes({"name": 1, "count": 0})} == {"#/name", "#/count"}
    assert len(schema().mistakes({**GOOD, **{str(n): n for n in range(1_000)}})) == MISTAKES_MAX


def test_a_rule_that_a_machine_words_badly_is_told_by_its_description() -> None:
    assert schema().mistakes({**GOOD, "size": "xl"}) == [
        {"pointer": "#/size", "detail": "One of s, m, l.", "code": "pattern"}
    ]


def test_no_mistake_repeats_a_value() -> None:
    assert "my-password" not in str(schema().mistakes({"name": ["my-password"], "count": "my-password"}))


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        ({"type": "string", "format": "iban"}, "nobody checks the format iban"),
        ({"nullable": True}, "nullable means nothing"),
        ({"$ref": "#/components/schemas/Nothing"}, "nothing at"),
        ({"$ref": "#/components/schemas/Loop"}, "holds itself"),
        ({"type": "text"}, "Unknown type"),
    ],
)
def test_a_schema_that_cannot_be_held_is_refused_at_the_start(definition: dict[str, Any], why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        Schema(definition, ApiDocument(COMPONENTS), {})


def test_a_format_of_ones_own_is_checked() -> None:
    even = Schema({"type": "string", "format": "even"}, ApiDocument({}), {"even": lambda text: len(text) % 2 == 0})

    even("ab")

    assert [mistake["code"] for mistake in even.mistakes("abc")] == ["format"]


@pytest.mark.parametrize("text", ["2026-11-01T09:30:00Z", "2026-11-01T09:30:00.123+02:00", "2024-02-29T00:00:00-00:00"])
def test_moments(text: str) -> None:
    assert is_date_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-01",
        "2026-11-01T09:30:00",
        "2026-02-29T09:30:00Z",
        "2026-11-01T25:00:00Z",
        "2026-11-01 09:30:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-01:00",
        "२०२६-11-01T09:30:00Z",
        "2026-11-01T09:30:00Z\n",
    ],
)
def test_what_is_no_moment(text: str) -> None:
    assert not is_date_time(text)


def test_days() -> None:
    assert is_date("2024-02-29")
    assert not any(map(is_date, ["2026-02-29", "2026-2-1", "20260201", "2026-11-01T00:00:00Z"]))
