"""The form of the page of schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from analytics_service.domain.schedule import Every, Period
from analytics_service.exports import FORMATS
from analytics_service.filters import TEXT_MAX
from analytics_service.forms import report_choices
from analytics_service.presentation import WEEKDAYS
from analytics_service.risk_forms import CURRENCIES, thresholds_typed

EVERY = {Every.DAY: _("Every day"), Every.WEEK: _("Every week"), Every.MONTH: _("Every month")}
PERIODS = {
    Period.YESTERDAY: _("The day before"),
    Period.LAST_WEEK: _("The week before"),
    Period.LAST_MONTH: _("The month before"),
    Period.LAST_7_DAYS: _("The 7 days before"),
    Period.LAST_30_DAYS: _("The 30 days before"),
    Period.MONTH_TO_DATE: _("The month so far"),
    Period.ALL: _("Everything"),
}


class ScheduleForm(FlaskForm):
    """Which report, about what, and when. What a report needs, or can't do, is checked as the API checks it."""

    report = SelectField(_("Report"))
    format = SelectField(
        _("Format"), choices=[SelectChoice(format.name, format.title) for format in FORMATS.values()], default="csv"
    )
    period = SelectField(
        _("About"), choices=[SelectChoice(period, text) for period, text in PERIODS.items()], default=Period.YESTERDAY
    )
    account = StringField(_("Account"), validators=[Optional(), Length(max=TEXT_MAX)])
    currency = SelectField(_("Currency"), choices=CURRENCIES, default="")
    every = SelectField(_("How often"), choices=[SelectChoice(every, text) for every, text in EVERY.items()])
    weekday = SelectField(
        _("Weekday"),
        choices=[SelectChoice(number, day) for number, day in enumerate(WEEKDAYS, 1)],
        coerce=int,
        default=1,
    )
    day = IntegerField(_("Day of the month"), validators=[Optional(), NumberRange(1, 31)], default=1)
    at = TimeField(_("At"), validators=[InputRequired(_("Say at what time."))])
    zone = StringField(
        _("Time zone"), validators=[Length(max=TEXT_MAX)], filters=[lambda text: (text or "").strip() or "UTC"]
    )

    def __init__(self, *, own: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.report.choices = report_choices(own)

    def body(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """The body of `POST /v1/schedules` that it means, once it is valid; `fields` as they were sent.

        Raises InvalidRequest for a threshold that is no amount.
        """
        filter = {"account": (self.account.data or "").strip(), "currency": self.currency.data}
        return {
            "report": self.report.data,
            "format": self.format.data,
            "filter": {name: value for name, value in filter.items() if value},
            "thresholds": thresholds_typed(self.report.data, fields, [self.currency.data]),
            "period": self.period.data,
            "every": self.every.data,
            "weekday": self.weekday.data,
            "day": self.day.data or 1,
            "at": self.at.data.isoformat("minutes"),
            "zone": self.zone.data,
        }
