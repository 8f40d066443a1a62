"""Schemas of an OpenAPI 3.0 document, compiled: a value is checked in a few microseconds, mistakes have pointers.

OpenAPI 3.0 builds on JSON Schema's draft 4, in which 1.0 is no integer, and adds `nullable`. A schema is compiled
twice: the check that every request passes stops at the first mistake, and only a request that has one is checked
again for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

import fastjsonschema

from service_kit.api_document import ApiDocument, Content, DocumentError

DRAFT = "http://json-schema.org/draft-04/schema#"
MISTAKES_MAX = 20
"""More help nobody, and a body may have thousands."""

Formats = Mapping[str, Callable[[str], bool]]
Mistake = dict[str, str]

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SAID_BY_DESCRIPTION = ("pattern", "format", "oneOf", "anyOf", "not")
"""Rules that a machine words badly: where their schema has a description, that is what the caller is told."""


class Schema:
    """One compiled schema. Call it with a value; it fills in defaults, in place.

    Raises:
        Mistaken: from a call, where the value doesn't obey.
        DocumentError: when built, where the schema says what can't be checked.
    """

    def __init__(self, schema: Content, document: ApiDocument, formats: Formats) -> None:
        known = {**FORMATS, **formats}
        definition = {"$schema": DRAFT, **_as_draft_4(schema, document, known, ())}
        self._valid = _compiled(definition, known, fast_fail=True)
        self._mistakes = _compiled(definition, known, fast_fail=False)

    def __call__(self, value: Any) -> None:
        try:
            self._valid(value)
        except fastjsonschema.JsonSchemaValueException:
            raise Mistaken(self.mistakes(value)) from None

    def mistakes(self, value: Any) -> list[Mistake]:
        """What is wrong, at most MISTAKES_MAX: `pointer` (RFC 6901), `detail`, and `code`, the rule's keyword.

        Nothing that was sent is repeated but names of fields: a value may be a password.
        """
        try:
            self._mistakes(value)
        except fastjsonschema.JsonSchemaValuesException as found:
            return list(islice((mistake for error in found.errors for mistake in _mistakes(error)), MISTAKES_MAX))
        return []


class Mistaken(ValueError):
    """A value doesn't obey its schema."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("the value does not obey its schema")
        self.mistakes = mistakes


def is_date_time(text: str) -> bool:
    """RFC 3339 with an offset, and a moment that exists in UTC."""
    if _DATE_TIME.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True


def is_date(text: str) -> bool:
    """A day of RFC 3339 that exists."""
    if _DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_uuid(text: str) -> bool:
    """A UUID as we write them, in lower case."""
    return _UUID.fullmatch(text) is not None


FORMATS: Formats = {"date-time": is_date_time, "date": is_date, "uuid": is_uuid}


def _compiled(definition: Content, formats: Formats, *, fast_fail: bool) -> Callable[[Any], Any]:
    try:
        compiled: Callable[[Any], Any] = fastjsonschema.compile(
            definition, formats=formats, fast_fail=fast_fail, detailed_exceptions=not fast_fail
        )
    except fastjsonschema.JsonSchemaDefinitionException as error:
        raise DocumentError(str(error)) from None
    return compiled


def _as_draft_4(node: Any, document: ApiDocument, formats: Formats, within: tuple[str, ...]) -> Any:
    """The schema with OpenAPI's `nullable` as a type, and with what its `$ref`s name in their place: a call less each.

    A format that nobody checks would be a promise that the code doesn't keep, so it is refused.
    """
    if isinstance(node, list):
        return [_as_draft_4(item, document, formats, within) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        if reference in within:
            raise DocumentError(f"{reference} holds itself")
        return _as_draft_4(document.resolved(node), document, formats, (*within, reference))
    if isinstance(node.get("format"), str) and node["format"] not in formats:
        raise DocumentError(f"nobody checks the format {node['format']}")
    schema = {name: _as_draft_4(value, document, formats, within) for name, value in node.items() if name != "example"}
    if schema.get("nullable") is True:
        if not isinstance(schema.get("type"), str):
            raise DocumentError("nullable means nothing without a type beside it")
        schema["type"] = [schema["type"], "null"]
    return schema


def _mistakes(error: Any) -> Iterator[Mistake]:
    place = error.path[1:]
    match error.rule:
        case "required":
            for name in error.definition["required"]:
                if name not in error.value:
                    yield _mistake([*place, name], "Field required", "required")
        case "additionalProperties" if isinstance(error.value, dict):
            for name in error.value:
                if name not in error.definition.get("properties", {}):
                    yield _mistake([*place, name], "Unknown field", "additionalProperties")
        case rule:
            said = error.definition.get("description") if rule in _SAID_BY_DESCRIPTION else None
            yield _mistake(place, said or error.message.removeprefix(error.name).strip(), rule)


def _mistake(place: list[str], detail: str, code: str) -> Mistake:
    pointer = "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in place)
    return {"pointer": pointer, "detail": detail, "code": code}
