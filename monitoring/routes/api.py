"""The API under /v1: read the request, call a use case, answer."""

from __future__ import annotations

from flask import Blueprint, Response, request

from contracts.access_token import Scope
from monitoring.asking import SourceAway
from monitoring.forms import trace_id_of, transfer_id_of
from monitoring.journey.journeys import Journeys
from monitoring.routes.documents import journey_document, status_document
from monitoring.runbooks import Runbooks
from monitoring.status.board import Board
from service_kit.auth import bearer_principal
from service_kit.errors import InvalidRequest, NotFound, ScopeMissing, StoreUnavailable
from service_kit.principal import Principal
from service_kit.web import json_answer

JOURNEY_SCOPES = (Scope.JOURNEYS_READ, Scope.PIPELINE_READ)


def api_routes(board: Board, journeys: Journeys, runbooks: Runbooks, zipkin_url: str) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("api", __name__)

    @api.get("/v1/status")
    def status() -> Response:
        return json_answer(status_document(board.status(), runbooks))

    @api.get("/v1/journeys/<transfer_id>")
    def journey(transfer_id: str) -> Response:
        principal = _who_follows()
        known = transfer_id_of(transfer_id)
        if known is None:
            raise InvalidRequest("A transfer's id is a UUID.", parameter="transfer_id")
        found = journeys.follow(known, principal)
        if found is None:
            raise NotFound("No transfer of yours has this id.")
        return json_answer(journey_document(found, zipkin_url))

    @api.get("/v1/journeys")
    def journey_of_trace() -> Response:
        principal = _who_follows()
        known = trace_id_of(request.args.get("trace_id", ""))
        if known is None:
            raise InvalidRequest("A trace's id is 32 hexadecimal digits.", parameter="trace_id")
        try:
            found = journeys.follow_trace(known, principal)
        except SourceAway as away:
            raise StoreUnavailable("The traces could not be asked for.") from away
        if found is None:
            raise NotFound("No trace of a transfer of yours that was kept has this id.")
        return json_answer(journey_document(found, zipkin_url))

    return api


def _who_follows() -> Principal:
    principal = bearer_principal()
    if principal.scopes.isdisjoint(JOURNEY_SCOPES):
        raise ScopeMissing(f"One of the scopes {', '.join(JOURNEY_SCOPES)} is needed.", scope=Scope.JOURNEYS_READ)
    return principal
