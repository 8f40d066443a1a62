"""What services ask of the lake itself, to check that nothing is missing in it: /v1/lake."""

from __future__ import annotations

from flask import Blueprint, Response, request

from analytics_service.filters import MAX_POSITION
from analytics_service.routes.asking import integer
from analytics_service.use_cases.lake import Lake
from contracts.access_token import Scope
from service_kit.auth import bearer_principal
from service_kit.errors import InvalidRequest, NotFound
from service_kit.web import json_answer


def lake_routes(lake: Lake) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("lake", __name__)

    @api.get("/v1/lake")
    def summary() -> Response:
        bearer_principal(Scope.PIPELINE_READ)
        return json_answer(lake.summary())

    @api.get("/v1/lake/coverage")
    def coverage() -> Response:
        bearer_principal(Scope.PIPELINE_READ)
        if set(request.args) != {"after", "upto"}:
            raise InvalidRequest("Exactly the parameters after and upto are expected.")
        after, upto = (integer(name, 0, 0, MAX_POSITION) for name in ("after", "upto"))
        return json_answer(lake.coverage(after, upto))

    @api.get("/v1/lake/positions/<int:position>")
    def position(position: int) -> Response:
        bearer_principal(Scope.PIPELINE_READ)
        found = lake.position(position)
        if found is None:
            raise NotFound("The lake doesn't hold this position.")
        return json_answer(found)

    return api
