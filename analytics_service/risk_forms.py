"""The thresholds of a pattern of risk as a form. It is sent with GET, so that what was found is a link to share."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional

from analytics_service.forms import DayField
from analytics_service.reports.risk.report import RiskReport


def thresholds_form(report: RiskReport, formdata: Any) -> FlaskForm:
    """A form with a field for each threshold, called as the API calls it, and the days that are looked at."""
    fields: dict[str, Any] = {
        each.name: IntegerField(
            each.description[:1].upper() + each.description[1:],
            validators=[Optional(), NumberRange(each.least, each.most)],
            default=each.default,
        )
        for each in report.thresholds
    }
    days = {"from": DayField(_("From"), name="from"), "to": DayField(_("To, inclusive"), name="to")}
    meta = type("Meta", (), {"csrf": False})
    form: FlaskForm = type("ThresholdsForm", (FlaskForm,), {"Meta": meta, **days, **fields})(formdata=formdata)
    return form
