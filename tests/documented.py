"""A test client that holds every answer against an OpenAPI document: what isn't in it fails the test."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from service_kit.api_document import ApiDocument
from service_kit.schemas import Formats, Schema


class Documented:
    """A service's document, as its tests look at it."""

    def __init__(self, openapi: Path, formats: Formats) -> None:
        self.document = ApiDocument.load(openapi)
        self._formats = formats
        self._operations = {(method, path): found for method, path, found in self.document.operations()}
        self._answer_schema = cache(self._compiled)

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """The operation at a path as the document writes it."""
        return self._operations.get((method, path))

    def answer_schema(self, method: str, path: str, status: int, media_type: str) -> Schema:
        """The schema of one answer; AssertionError where the document has no such answer."""
        return self._answer_schema(method, path, status, media_type)

    def check(self, method: str, path: str, answer: Any) -> None:
        """AssertionError for an answer that the document doesn't have."""
        if not answer.data:
            operation = self.operation(method, path)
            assert operation is not None, f"{method} {path} is not in the document"
            assert "content" not in operation["responses"][str(answer.status_code)]
            return
        schema = self.answer_schema(method, path, answer.status_code, answer.mimetype)
        if answer.mimetype.endswith("json"):
            wrong = schema.mistakes(answer.json)
            assert not wrong, f"{method} {path} {answer.status_code} {wrong}"

    def _compiled(self, method: str, path: str, status: int, media_type: str) -> Schema:
        found = self.operation(method, path)
        assert found is not None, f"{method} {path} is not in the document"
        assert str(status) in found["responses"], f"{method} {path} answers {status}, which is not in the document"
        content = self.document.resolved(found["responses"][str(status)])["content"]
        assert media_type in content, f"{method} {path} answers {status} as {media_type}, which is not in the document"
        return Schema(content[media_type]["schema"], self.document, self._formats)


def client_of(documented: Documented) -> type[FlaskClient]:
    """As Flask's, for answers under /v1 whose path and method exist."""

    class DocumentedClient(FlaskClient):
        def open(self, *args: Any, **kwargs: Any) -> Any:
            answer = super().open(*args, **kwargs)
            path, method = answer.request.path, answer.request.method
            route = _route(self.application, method, path)
            if route is not None and path.startswith("/v1/"):
                documented.check(method, route, answer)
            return answer

    return DocumentedClient


def _route(app: Flask, method: str, path: str) -> str | None:
    """The route as the document writes it; None where nothing is served."""
    try:
        rule, _ = app.url_map.bind("localhost").match(path, method, return_rule=True)
    except HTTPException:
        return None
    return rule.rule.replace("<", "{").replace(">", "}")
