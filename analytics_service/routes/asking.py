"""Who asks, and for what: the parts of a request that several routes read."""

from __future__ import annotations

from collections.abc import Collection

from flask import request

from analytics_service.exports import FORMATS, Format
from analytics_service.filters import FIELDS, BadFilterError, Selection, selection_of
from analytics_service.reports import Report
from contracts.access_token import PLATFORM_FIGURES, Scope
from service_kit.auth import Principal, bearer_principal
from service_kit.errors import InvalidRequest, ScopeMissing

SERVICE_ROLE = "service"


def reader() -> Principal:
    """Who may read reports: a person with reports:read, or a service with pipeline:read."""
    principal = bearer_principal()
    needed = Scope.PIPELINE_READ if SERVICE_ROLE in principal.roles else Scope.REPORTS_READ
    if needed not in principal.scopes:
        raise ScopeMissing(f"The scope {needed} is needed.", scope=needed)
    return principal


def whose(principal: Principal) -> str | None:
    """The user whose transfers alone may be seen; None for the platform's."""
    return None if PLATFORM_FIGURES.intersection(principal.roles) else principal.user_id


def selection_asked(user_id: str | None, others: Collection[str] = ()) -> Selection:
    """The request's filter; `others` are the parameters that aren't filters.

    Raises InvalidRequest for a value that is not usable, a parameter that nobody knows, or one that comes too often;
    OthersFigures for a `user` who isn't the one who asks.
    """
    for name, values in request.args.lists():
        if name not in FIELDS and name not in others:
            raise InvalidRequest(f"There is no parameter {name[:40]}.", parameter=name[:40])
        if len(values) > 1 and name not in FIELDS:
            raise InvalidRequest(f"The parameter {name} came {len(values)} times.", parameter=name)
    try:
        return selection_of(request.args.to_dict(flat=False)).seen_by(user_id)
    except BadFilterError as error:
        raise InvalidRequest(str(error), parameter=error.name) from None


def integer(name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query; raises InvalidRequest."""
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and least <= int(text) <= most):
        raise InvalidRequest(f"The parameter {name} is a whole number from {least} to {most}.", parameter=name)
    return int(text)


def thresholds_of(report: Report) -> dict[str, int]:
    """Those of a report's thresholds that the query sets; raises InvalidRequest."""
    asked = [each for each in report.thresholds if each.name in request.args]
    return {each.name: integer(each.name, each.default, each.least, each.most) for each in asked}


def format_asked() -> Format:
    """By `format`, json by default; raises InvalidRequest."""
    wanted = FORMATS.get(request.args.get("format", "json"))
    if wanted is None:
        raise InvalidRequest(f"The parameter format is one of {', '.join(FORMATS)}.", parameter="format")
    return wanted
