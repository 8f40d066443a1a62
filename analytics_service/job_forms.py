"""Forms about jobs. A page orders one by posting what it was asked to show: see `order_form_fields`."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from analytics_service.filters import FIELDS, MANY
from analytics_service.risk_forms import thresholds_typed

NOT_FILTERS = ("report", "format", "limit")


class ActForm(FlaskForm):
    """It carries the CSRF token. What it asks for is in its URL, or in fields that are checked as the API's are."""


def order_of_form(form: MultiDict[str, str]) -> dict[str, Any]:
    """The body of `POST /v1/jobs` that a form means. Any page may have such a form:

        <form method="post" action="{{ url_for('job_pages.order') }}">{{ act.hidden_tag() }}
        report, format and limit, the filters by their names in a query, and thresholds as risk_forms.py has them

    A field that is empty isn't set, and one that nobody knows is left out: of those that a browser adds, and of the
    form's own (`granularity`, `csrf_token`), none may end in a refusal.

    Raises InvalidRequest for a threshold that is no amount.
    """
    given = {name: value.strip() for name, value in form.items() if value.strip()}
    limit = given.get("limit")
    is_number = limit is not None and limit.isascii() and limit.isdigit() and len(limit) <= 16
    return {
        "report": given.get("report", ""),
        "format": given.get("format", "json"),
        "filter": {name: form.getlist(name) if name in MANY else given[name] for name in FIELDS if name in given},
        **({} if limit is None else {"limit": int(limit) if is_number else limit}),
        "thresholds": thresholds_typed(given.get("report", ""), given, form.getlist("currency")),
    }
