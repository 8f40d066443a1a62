"""A store that is away is not a bug: its driver's errors become 503 problems, for every route at once."""

from __future__ import annotations

import structlog
from flask import Flask, Response
from pymongo.errors import PyMongoError

from service_kit import mongo
from service_kit.errors import StoreUnavailable
from service_kit.problems import answer_problem

RETRY_AFTER_SECONDS = 2
_log = structlog.get_logger(__name__)


def install_outage_answers(app: Flask) -> None:
    """Answer MongoDB's absence with `store_unavailable`.

    Whether a write that was under way has happened isn't known then; the caller may repeat it with the same key.
    """
    for outage in mongo.AWAY:
        app.register_error_handler(outage, _answer)


def _answer(error: PyMongoError) -> Response:
    _log.warning("store_unavailable", error=type(error).__name__)
    return answer_problem(StoreUnavailable(retry_after=RETRY_AFTER_SECONDS))
