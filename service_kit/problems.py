"""How a failure becomes an answer: RFC 9457 `application/problem+json`, or a page for a person's browser."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson
import structlog
from flask import Flask, Response, render_template, request
from flask_wtf.csrf import CSRFError
from opentelemetry import trace
from opentelemetry.trace import Status, StatusCode
from werkzeug.exceptions import HTTPException

from service_kit.edge import REQUEST_ID
from service_kit.errors import CsrfFailed, Problem

MEDIA_TYPE = "application/problem+json"
HTTP_CODES = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
}
_log = structlog.get_logger(__name__)


def install_problem_answers(app: Flask) -> None:
    """Answer every failure of `app` in one form: Problems, HTTP's own errors, expired forms, and our bugs."""
    app.register_error_handler(Problem, answer_problem)
    app.register_error_handler(CSRFError, _answer_expired_form)
    app.register_error_handler(HTTPException, _answer_http_error)
    app.register_error_handler(Exception, _answer_bug)


def problem_document(problem: Problem) -> dict[str, Any]:
    """The members of RFC 9457, then ours: `code`, `request_id`, `trace_id`, and the problem's extensions.

    `type` is an URN: stable, compared and never fetched.
    """
    document: dict[str, Any] = {
        "type": f"urn:fintech-app:problem:{problem.code}",
        "title": problem.title,
        "status": int(problem.status),
        "code": problem.code,
    }
    if problem.detail:
        document["detail"] = problem.detail
    document["request_id"] = request.environ.get(REQUEST_ID, "")
    trace_id = current_trace_id()
    if trace_id:
        document["trace_id"] = trace_id
    return {**document, **problem.extensions}


def problem_response(problem: Problem) -> Response:
    """The problem as `application/problem+json`, whoever asks."""
    body = orjson.dumps(problem_document(problem))
    return Response(body, status=int(problem.status), headers=problem.headers, content_type=MEDIA_TYPE)


def answer_problem(problem: Problem) -> Response:
    """The problem in the form that the caller reads."""
    if not wants_page():
        return problem_response(problem)
    page = render_template("kit/problem.html", problem=problem_document(problem))
    return Response(page, status=int(problem.status), headers=problem.headers, mimetype="text/html")


def wants_page() -> bool:
    """Whether a person's browser asks for a page: it names text/html, and nothing under /v1 is a page."""
    if request.path.startswith(("/v1/", "/.well-known/")):
        return False
    return "text/html" in request.headers.get("Accept", "")


def current_trace_id() -> str | None:
    """The present trace in hex, to quote in an answer or a log; None where nothing is traced."""
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else None


def _answer_expired_form(error: CSRFError) -> Response:
    return answer_problem(CsrfFailed("Go back, reload the page and send the form again."))


def _answer_http_error(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST or error.response is not None:
        return error  # a redirect, or an answer that is complete
    problem = Problem(error.description or "")
    problem.status = error.code
    problem.code = HTTP_CODES.get(error.code, "http_error" if error.code < 500 else "internal_error")
    problem.title = error.name
    problem.headers = {name: value for name, value in error.get_headers() if name not in ("Content-Type",)}
    return answer_problem(problem)


def _answer_bug(error: Exception) -> Response:
    """Anything that nobody anticipated: logged here once with its traceback, told to the caller without it."""
    span = trace.get_current_span()
    span.record_exception(error)
    span.set_status(Status(StatusCode.ERROR))
    _log.error("unhandled_exception", route=request.url_rule and request.url_rule.rule, exc_info=error)
    return answer_problem(Problem("Quote the request id when you report this."))
