"""Reading a request's JSON body, strictly: what a client sent is either exactly what was asked for or a problem."""

from __future__ import annotations

from typing import Any, TypeVar

import orjson
from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from service_kit.errors import InvalidRequest, MalformedJson, UnsupportedMediaType
from service_kit.request_bodies import RequestBody

JSON = "application/json"
Model = TypeVar("Model", bound="Body")


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused, "5" is not 5 and true is not 1."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


def read_json(model: type[Model]) -> Model:
    """Return the request's body as `model`.

    Raises:
        UnsupportedMediaType, MalformedJson, RequestEntityTooLarge: as `read_body` does.
        InvalidRequest: a field is missing, unknown, or of another type or range; `errors` has a JSON pointer for each.
    """
    return as_model(model, read_body())


def read_body() -> Any:
    """The request's body as JSON, strictly.

    Raises:
        UnsupportedMediaType: the body isn't declared as JSON, or is compressed.
        MalformedJson: syntax, bad UTF-8, lone surrogates, NaN or Infinity, nesting beyond 1,024 levels.
        RequestEntityTooLarge: (werkzeug) beyond the limit of the application, chunked or not.
    """
    environ = request.environ
    is_json = environ.get("CONTENT_TYPE") == JSON or request.mimetype == JSON
    if not is_json or "HTTP_CONTENT_ENCODING" in environ:
        raise UnsupportedMediaType("Send the body as application/json, in UTF-8 and not compressed.")
    body = environ["wsgi.input"]
    # Most bodies come with their length, and werkzeug's way to one of them costs as much as the schema and the JSON.
    known = isinstance(body, RequestBody) and body.length is not None
    try:
        return orjson.loads(_of_known_length(body) if known else _by_werkzeug())
    except orjson.JSONDecodeError as error:
        raise MalformedJson(f"{error}.") from None


def _of_known_length(body: RequestBody) -> bytes:
    limit = request.max_content_length
    if limit is not None and (body.length or 0) > limit:
        raise RequestEntityTooLarge
    return body.read_to_the_end()


def _by_werkzeug() -> bytes:
    body = request.get_data(cache=False)
    if request.content_length is None:
        # Werkzeug cuts a chunked body off at the limit without a word; asking for more of one that was cut raises.
        request.stream.read(1)
    return body


def as_model(model: type[Model], value: Any) -> Model:
    """Check an already parsed value; raises InvalidRequest as `read_json` does."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid_request(error) from None


def invalid_request(error: ValidationError) -> InvalidRequest:
    """Name each mistake by its JSON pointer (RFC 6901), without echoing what was sent: it may be a password."""
    mistakes = [
        {"pointer": _pointer(mistake["loc"]), "detail": mistake["msg"], "code": mistake["type"]}
        for mistake in error.errors(include_input=False, include_url=False, include_context=False)
    ]
    return InvalidRequest("The body does not have the expected shape.", errors=mistakes)


def _pointer(location: tuple[int | str, ...]) -> str:
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
