"""A test client that holds every answer against the OpenAPI document: what isn't in it fails the test."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from service_kit.api_document import ApiDocument
from service_kit.schemas import Schema
from transaction_service.routes.document import FORMATS, OPENAPI


@cache
def document() -> ApiDocument:
    return ApiDocument.load(OPENAPI)


@cache
def operation(method: str, path: str) -> dict[str, Any] | None:
    """The operation at a path as the document writes it."""
    return next((found for *place, found in document().operations() if place == [method, path]), None)


@cache
def answer_schema(method: str, path: str, status: int, media_type: str) -> Schema:
    """The schema of one answer; AssertionError where the document has no such answer."""
    found = operation(method, path)
    assert found is not None, f"{method} {path} is not in the document"
    assert str(status) in found["responses"], f"{method} {path} answers {status}, which is not in the document"
    content = document().resolved(found["responses"][str(status)])["content"]
    assert media_type in content, f"{method} {path} answers {status} as {media_type}, which is not in the document"
    return Schema(content[media_type]["schema"], document(), FORMATS)


class DocumentedClient(FlaskClient):
    """As Flask's, for answers under /v1 whose path and method exist."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        answer = super().open(*args, **kwargs)
        path, method = answer.request.path, answer.request.method
        route = _route(self.application, method, path)
        if route is not None and path.startswith("/v1/"):
            if answer.status_code == 204:
                assert "content" not in operation(method, route)["responses"]["204"]
                return answer
            schema = answer_schema(method, route, answer.status_code, answer.mimetype)
            if answer.mimetype.endswith("json"):
                wrong = schema.mistakes(answer.json)
                assert not wrong, f"{method} {route} {answer.status_code} {wrong}"
        return answer


def _route(app: Flask, method: str, path: str) -> str | None:
    """The route as the document writes it; None where nothing is served."""
    try:
        rule, _ = app.url_map.bind("localhost").match(path, method, return_rule=True)
    except HTTPException:
        return None
    return rule.rule.replace("<", "{").replace(">", "}")
