"""An anticipated failure is a class with a status and a stable code; here are those that every service shares.

One place (`service_kit.problems`) turns them into RFC 9457 `application/problem+json` or an HTML page. Nothing of
Flask is imported here, so that a domain's own errors may be Problems and need no table that maps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any


class Problem(Exception):
    """Raise it from a route: the answer is its status with a problem document.

    docs/errors.md is made of these classes: the docstring's first line says what it means, `advice` what the caller
    can do; where that is empty, what can be done about the status in general.

    Args:
        detail: a sentence for the caller about this occurrence; never internals, never a secret.
        headers: added to the answer (`Retry-After`, `WWW-Authenticate`).
        extensions: further members of the document; JSON values.
    """

    status: int = HTTPStatus.INTERNAL_SERVER_ERROR
    code: str = "internal_error"
    title: str = "Something went wrong on our side"
    advice: str = ""

    def __init__(self, detail: str = "", *, headers: Mapping[str, str] | None = None, **extensions: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.headers = dict(headers or {})
        self.extensions = extensions


class BadRequest(Problem):
    """Base of what the caller got wrong in the request's form."""

    status = HTTPStatus.BAD_REQUEST
    code = "invalid_request"
    title = "The request is not valid"


class MalformedJson(BadRequest):
    """The body is not JSON: syntax, UTF-8, NaN, nesting."""

    code = "malformed_json"
    title = "The body is not valid JSON"


class InvalidRequest(BadRequest):
    """The body or a parameter is of another shape; `errors` lists each place."""


class CsrfFailed(BadRequest):
    """A form came without its token, or with one that is too old."""

    code = "csrf_failed"
    title = "The form has expired"


class Unauthorized(Problem):
    """Base of what is wrong with a token."""

    status = HTTPStatus.UNAUTHORIZED
    code = "token_invalid"
    title = "The access token is not valid"

    def __init__(self, detail: str = "", *, headers: Mapping[str, str] | None = None, **extensions: Any) -> None:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"', **(headers or {})}
        super().__init__(detail, headers=challenge, **extensions)


class TokenInvalid(Unauthorized):
    """Not ours, altered, or no access token."""


class TokenMissing(Unauthorized):
    """No `Authorization: Bearer` header. RFC 6750 asks for a challenge without an error code then."""

    code = "token_missing"
    title = "An access token is required"

    def __init__(self, detail: str = "", **extensions: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"}, **extensions)


class TokenExpired(Unauthorized):
    """It was ours, and its time is over."""

    code = "token_expired"
    title = "The access token has expired"


class TokenRevoked(Unauthorized):
    """Its session has ended: log-out, or an administrator's hand."""

    code = "token_revoked"
    title = "The session of this token has ended"


class Forbidden(Problem):
    """The caller is known and may not."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"
    title = "This is not allowed"


class ScopeMissing(Forbidden):
    """The token doesn't allow this act."""

    code = "scope_missing"
    title = "The access token does not allow this"


class NotFound(Problem):
    """There is no such thing, or it is not the caller's to see."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"
    title = "There is nothing here"


class Conflict(Problem):
    """The request is valid and the present state forbids it."""

    status = HTTPStatus.CONFLICT
    code = "conflict"
    title = "The request conflicts with the present state"


class UnsupportedMediaType(Problem):
    """A JSON body was expected."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"
    title = "This content type is not accepted here"


class Unavailable(Problem):
    """Something that we depend on is away; the same request may succeed later. `retry_after`: seconds."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"
    title = "The service is not available right now"

    def __init__(self, detail: str = "", *, retry_after: int = 1, **extensions: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)}, **extensions)


class AuthUnavailable(Unavailable):
    """Whether the session still holds can't be known now: neither the heartbeat nor auth can be heard."""

    code = "auth_unavailable"
    title = "Authentication is not available right now"


class StoreUnavailable(Unavailable):
    """A database is away."""

    code = "store_unavailable"
    title = "The database is not available right now"
