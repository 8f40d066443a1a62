"""The operations of a service's OpenAPI document, as its routes use them: where they are, and what a request must be.

    transfers = operations["post_transfer"]

    @transfers.route(blueprint)
    def post_transfer() -> Response:
        body, parameters = transfers.body(), transfers.parameters()

Method, path, schemas, defaults and limits are the document's alone, so that what it says is what happens. What a
schema can't say (that two fields differ, that a moment is to come) is the route's to check: `InvalidRequest`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from flask import Blueprint, request

from service_kit.api_document import ApiDocument, Content, DocumentError
from service_kit.bodies import JSON, read_body
from service_kit.errors import InvalidRequest, Problem, UnsupportedMediaType
from service_kit.schemas import Formats, Mistake, Mistaken, Schema

View = TypeVar("View", bound=Callable[..., Any])
Refusal = Callable[[Mistake], Problem]
"""Makes the problem of one bad parameter that has a code of its own."""

FORM = "application/x-www-form-urlencoded"
BODY_LIMIT = "x-max-bytes"
"""Beside a request body's `content`: more than the application takes elsewhere, in bytes."""
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
_BOOLEANS = {"true": True, "false": False}


class Operations:
    """Every operation by its `operationId`; everything is compiled at once, so that a mistake stops the start.

    Args:
        formats: checks of formats beside those of `service_kit.schemas`, by their names in the document.
        refusals: by the name of a parameter, its own problem instead of InvalidRequest.
    """

    def __init__(
        self, document: ApiDocument, formats: Formats | None = None, refusals: Mapping[str, Refusal] | None = None
    ) -> None:
        self._document = document
        self._formats = formats or {}
        self._operations: dict[str, Operation] = {}
        for method, path, content in document.operations():
            id = content.get("operationId")
            if id is None or id in self._operations:
                raise DocumentError(f"{method} {path} needs an operationId of its own")
            self._operations[id] = Operation(method, path, content, document, self._formats, refusals or {})

    @classmethod
    def load(
        cls, path: Path, formats: Formats | None = None, refusals: Mapping[str, Refusal] | None = None
    ) -> Operations:
        """As `ApiDocument.load` reads it."""
        return cls(ApiDocument.load(path), formats, refusals)

    def __getitem__(self, operation_id: str) -> Operation:
        return self._operations[operation_id]

    def schema(self, name: str) -> Schema:
        """A schema of the document's components, for what is not a request as a whole."""
        return Schema({"$ref": f"#/components/schemas/{name}"}, self._document, self._formats)


class Operation:
    """One method of one path."""

    def __init__(
        self,
        method: str,
        path: str,
        content: Content,
        document: ApiDocument,
        formats: Formats,
        refusals: Mapping[str, Refusal],
    ) -> None:
        self.id: str = content["operationId"]
        self.method = method
        self.rule = re.sub(r"\{([^{}]+)\}", r"<\1>", path)
        self._parameters = _Parameters([document.resolved(p) for p in content["parameters"]], document, formats)
        self._refusals = {name: refusals[name] for name in self._parameters.names if name in refusals}
        body = document.resolved(content["requestBody"]) if "requestBody" in content else None
        content_types = body["content"] if body else {}
        self._body = Schema(content_types[JSON]["schema"], document, formats) if JSON in content_types else None
        self._form = Schema(content_types[FORM]["schema"], document, formats) if FORM in content_types else None
        self._body_limit: int | None = body.get(BODY_LIMIT) if body else None

    def route(self, blueprint: Blueprint) -> Callable[[View], View]:
        """Decorates the view: its route is the operation's. Path parameters come as arguments, by name, unchecked."""

        def add(view: View) -> View:
            blueprint.add_url_rule(self.rule, endpoint=self.id, view_func=view, methods=[self.method])
            return view

        return add

    def parameters(self) -> dict[str, Any]:
        """The request's parameters by name, with defaults, integers and booleans read.

        Raises:
            InvalidRequest: one is missing, given twice, of another shape, or (in the query) unknown.
            Problem: its own, where Operations was given a refusal for it.
        """
        values, mistakes = self._parameters.read()
        if not mistakes:
            return values
        for mistake in mistakes:
            refusal = self._refusals.get(mistake["parameter"])
            if refusal is not None:
                raise refusal(mistake)
        raise InvalidRequest("The parameters are not as expected.", errors=mistakes)

    def body(self) -> Any:
        """The request's JSON, with the schema's defaults filled in.

        Raises:
            UnsupportedMediaType, MalformedJson, RequestEntityTooLarge: as `read_body` does.
            InvalidRequest: it doesn't obey the schema; `errors` has a JSON pointer for each mistake.
        """
        assert self._body is not None, f"{self.id} has no body in its document"  # noqa: S101
        if self._body_limit is not None:
            request.max_content_length = self._body_limit
        value = read_body()
        try:
            self._body(value)
        except Mistaken as error:
            raise InvalidRequest("The body does not have the expected shape.", errors=error.mistakes) from None
        return value

    def form(self) -> dict[str, str]:
        """The request's form, as OAuth's endpoints take it (RFC 6749): each field once, all of them text.

        Raises:
            UnsupportedMediaType: another type of body, or a compressed one.
            InvalidRequest: a field is missing, unknown, repeated or of another shape; it has OAuth's `error` too.
        """
        assert self._form is not None, f"{self.id} has no form in its document"  # noqa: S101
        if request.mimetype != FORM or "HTTP_CONTENT_ENCODING" in request.environ:
            raise UnsupportedMediaType(f"Send the body as {FORM}, not compressed.")
        fields = request.form.to_dict()
        mistakes = [
            {"pointer": f"#/{name}", "detail": "Given more than once", "code": "duplicate"}
            for name, values in request.form.lists()
            if len(values) > 1
        ] + self._form.mistakes(fields)
        if mistakes:
            raise InvalidRequest("The form is not as expected.", error="invalid_request", errors=mistakes)
        return fields


class _Parameters:
    """The parameters of one operation, checked by one schema over all of them."""

    def __init__(self, parameters: list[Content], document: ApiDocument, formats: Formats) -> None:
        self.names = [parameter["name"] for parameter in parameters]
        if len(set(self.names)) != len(self.names):
            raise DocumentError(f"two parameters of one name among {', '.join(self.names)}")
        self._in_path = [p["name"] for p in parameters if p["in"] == "path"]
        self._in_query = {p["name"] for p in parameters if p["in"] == "query"}
        self._in_headers = [
            (p["name"], "HTTP_" + p["name"].upper().replace("-", "_")) for p in parameters if p["in"] == "header"
        ]
        schemas = {p["name"]: document.resolved(p["schema"]) for p in parameters}
        self._repeated = {name for name, schema in schemas.items() if schema.get("type") == "array"}
        self._read = {name: _reader(schema, document) for name, schema in schemas.items()}
        schema = {
            "type": "object",
            "required": [p["name"] for p in parameters if p.get("required")],
            "properties": {p["name"]: p["schema"] for p in parameters},
        }
        self._schema = Schema(schema, document, formats)

    def read(self) -> tuple[dict[str, Any], list[Mistake]]:
        mistakes: list[Mistake] = []
        values: dict[str, Any] = {}
        for name in self._in_path:
            values[name] = self._read[name]((request.view_args or {})[name])
        for name, variable in self._in_headers:
            text = request.environ.get(variable)
            if text:
                values[name] = self._read[name](text)
        if request.environ.get("QUERY_STRING"):
            self._read_query(values, mistakes)
        try:
            self._schema(values)
        except Mistaken as error:
            mistakes += [_of_parameter(mistake) for mistake in error.mistakes]
        return values, mistakes

    def _read_query(self, values: dict[str, Any], mistakes: list[Mistake]) -> None:
        for name, texts in request.args.lists():
            if name not in self._in_query:
                mistakes.append({"parameter": name, "detail": "Unknown parameter", "code": "unknown"})
            elif name in self._repeated:
                values[name] = [self._read[name](text) for text in texts]
            elif len(texts) > 1:
                mistakes.append({"parameter": name, "detail": "Given more than once", "code": "duplicate"})
            else:
                values[name] = self._read[name](texts[0])


def _reader(schema: Content, document: ApiDocument) -> Callable[[str], Any]:
    """Reads a text of a parameter; what it can't read stays text, which its schema then refuses."""
    match schema.get("type"):
        case "string":
            return str
        case "integer":
            return lambda text: int(text) if _INTEGER.fullmatch(text) else text
        case "boolean":
            return lambda text: _BOOLEANS.get(text, text)
        case "array" if "items" in schema:
            return _reader(document.resolved(schema["items"]), document)
        case other:
            raise DocumentError(f"parameters of the type {other} are not read")


def _of_parameter(mistake: Mistake) -> Mistake:
    name = mistake["pointer"].removeprefix("#/").replace("~1", "/").replace("~0", "~")
    return {"parameter": name, "detail": mistake["detail"], "code": mistake["code"]}
