"""The API under /v1: read the request, call a use case, answer."""

from __future__ import annotations

from flask import Blueprint, Response

from contracts.access_token import Scope
from monitoring.forms import transfer_id_of
from monitoring.journey.journeys import Journeys
from monitoring.routes.documents import journey_document, status_document
from monitoring.runbooks import Runbooks
from monitoring.status.board import Board
from service_kit.auth import bearer_principal
from service_kit.errors import InvalidRequest, NotFound, ScopeMissing
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
        principal = bearer_principal()
        if principal.scopes.isdisjoint(JOURNEY_SCOPES):
            raise ScopeMissing(f"One of the scopes {', '.join(JOURNEY_SCOPES)} is needed.", scope=Scope.JOURNEYS_READ)
        known = transfer_id_of(transfer_id)
        if known is None:
            raise InvalidRequest("A transfer's id is a UUID.", parameter="transfer_id")
        found = journeys.follow(known, principal)
        if found is None:
            raise NotFound("No transfer of yours has this id.")
        return json_answer(journey_document(found, zipkin_url))

    return api
