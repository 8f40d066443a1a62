"""GET /v1/stream: the live stream, for the inbox page (session cookie) and for programs (bearer token)."""

from __future__ import annotations

import weakref
from collections.abc import Callable

from flask import Blueprint, Flask, Response, current_app, request
from flask_babel import force_locale, get_locale

from contracts.access_token import Scope
from contracts.session import COOKIE_NAME
from notification_service.domain import Stored
from notification_service.hub import Hub, HubFull, PersonFull
from notification_service.metrics import PERSON_FULL, PROCESS_FULL, LiveMetrics
from notification_service.ports import Notifications
from notification_service.presentation import View
from notification_service.routes.parameters import MAX_STAMP, as_number
from notification_service.stream import Around, InboxTail, as_json, follow
from notification_service.use_cases.inbox import Inbox
from service_kit.auth import Access, bearer_principal, session_principal
from service_kit.clock import Clock
from service_kit.errors import Forbidden, InvalidRequest, Problem, TokenMissing, Unauthorized, Unavailable
from service_kit.logging import get_logger
from service_kit.outage_log import OutageLog

RETRY_SECONDS = 5
log = get_logger(__name__)


class TooManyStreams(Unavailable):
    """Every stream holds a thread; there are no more."""

    code = "too_many_streams"
    title = "Too many live streams are open"


class TooManyOfYours(Problem):
    """One person may not hold everybody's threads."""

    status = 429
    code = "too_many_streams_of_yours"
    title = "You have too many live streams open"


class OriginNotAllowed(Forbidden):
    """A page of somebody else's asks with the person's cookie."""

    code = "origin_not_allowed"
    title = "Only the inbox page may listen with a browser's session"


def stream_routes(
    store: Notifications, inbox: Inbox, view: View, hub: Hub, metrics: LiveMetrics, clock: Clock, page_origin: str
) -> Blueprint:
    """The blueprint; `page_origin` is the one that browsers may ask from."""
    api = Blueprint("stream", __name__)
    outage = OutageLog(log, begins="streams_wait_for_the_store", over="streams_read_again")

    @api.get("/v1/stream")
    def stream() -> Response:
        user_id, allowed = _listener(page_origin)
        try:
            place = hub.enter(user_id)
        except HubFull:
            log.warning("stream_refused", reason=PROCESS_FULL, user_id=user_id)
            raise TooManyStreams(retry_after=RETRY_SECONDS) from None
        except PersonFull:
            log.info("stream_refused", reason=PERSON_FULL, user_id=user_id)
            raise TooManyOfYours(headers={"Retry-After": str(RETRY_SECONDS)}) from None
        try:
            tail = InboxTail(store, user_id, _after())
        except BaseException:
            hub.leave(place)
            raise
        around = Around(
            clock=clock,
            written=_writer(inbox, view),
            allowed=allowed,
            stopped=lambda: hub.stopped,
            sent=metrics.sent,
            ended=metrics.ended,
            outage=outage,
        )
        events = follow(tail, place, around)
        # When it is gone, however it went: a generator that never began has no `finally`.
        weakref.finalize(events, hub.leave, place)
        response = Response(events, content_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        response.call_on_close(lambda: hub.leave(place))
        return response

    @api.after_request
    def share_with_the_page(response: Response) -> Response:
        response.vary.add("Origin")
        if request.origin == page_origin:
            response.headers["Access-Control-Allow-Origin"] = page_origin
            response.headers["Access-Control-Allow-Credentials"] = "true"
        return response

    return api


def _writer(inbox: Inbox, view: View) -> Callable[[list[Stored]], list[bytes]]:
    """Writes in the language of the present request, long after that has been answered."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    language = get_locale()

    def write(batch: list[Stored]) -> list[bytes]:
        with app.app_context(), force_locale(language):
            return [as_json(view(entry)) for entry in inbox.told(batch)]

    return write


def _after() -> int | None:
    """Where the client stands: what it says when it connects again goes before what its page said at first."""
    text = request.headers.get("Last-Event-ID") or request.args.get("after")
    if text is None:
        return None
    after = as_number(text, 0, MAX_STAMP)
    if after is None:
        raise InvalidRequest("`Last-Event-ID` and `after` are ids that a stream has sent.", parameter="after")
    return after


def _listener(page_origin: str) -> tuple[str, Callable[[], bool]]:
    """Who listens, and the question, to be asked again and again, whether that still holds.

    Raises:
        Unauthorized: 401 of any kind. AuthUnavailable: 503. OriginNotAllowed: 403.
    """
    access: Access = current_app.extensions["access"]
    if "Authorization" in request.headers:
        principal = bearer_principal(Scope.NOTIFICATIONS_READ)
        token = request.headers["Authorization"].partition(" ")[2]
        return principal.user_id, lambda: _holds(lambda: access.tokens.verify(token))
    if request.origin not in (None, page_origin):
        raise OriginNotAllowed
    found = session_principal()
    if found is None:
        raise TokenMissing("Log in, or send the header `Authorization: Bearer <access token>`.")
    cookie = request.cookies[COOKIE_NAME]
    return found.user_id, lambda: _holds(lambda: access.session(cookie))


def _holds(ask: Callable[[], object]) -> bool:
    try:
        return ask() is not None
    except Unauthorized:
        return False
