"""The filter of the report page. It is sent with GET, so that a page of figures can be kept and shared as a link."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, Length, Optional, ValidationError

from analytics_service.filters import STATUSES, TEXT_MAX, TYPES, Selection, selection_of, zones
from analytics_service.presentation import WORDS
from analytics_service.reports.periods import UNITS, Unit
from contracts.money import currencies


def _bare(value: str | None) -> str | None:
    return value.strip() if value else value


def _code(value: str | None) -> str | None:
    return value.strip().upper() if value else value


def _known_zone(_form: FlaskForm, field: StringField) -> None:
    if field.data not in zones():
        raise ValidationError(_("Enter a time zone like Europe/Berlin."))


UNIT_NAMES = {
    "minute": _("Minutes"),
    "hour": _("Hours"),
    "day": _("Days"),
    "week": _("Weeks"),
    "month": _("Months"),
}


def _choices(values: tuple[str, ...]) -> list[SelectChoice]:
    return [SelectChoice("", _("All")), *(SelectChoice(value, WORDS[value]) for value in values)]


class FilterForm(FlaskForm):
    """Nothing is changed by it, so it carries no token."""

    class Meta(FlaskForm.Meta):
        csrf = False

    first = DateField(_("From"), name="from", validators=[Optional()])
    last = DateField(_("To, inclusive"), name="to", validators=[Optional()])
    currency = StringField(
        _("Currency"),
        filters=[_code],
        validators=[Optional(), AnyOf(currencies(), message=_("Enter a currency's code, like EUR."))],
    )
    type = SelectField(_("Type"), choices=_choices(TYPES), default="")
    status = SelectField(_("Status"), choices=_choices(STATUSES), default="")
    granularity = SelectField(
        _("Charts by"),
        choices=[SelectChoice("", _("As fits")), *(SelectChoice(unit, UNIT_NAMES[unit]) for unit in UNITS)],
        default="",
    )
    zone = StringField(_("Time zone"), filters=[_bare], validators=[Optional(), _known_zone])
    account = StringField(_("Account"), filters=[_bare], validators=[Optional(), Length(max=TEXT_MAX)])
    user = StringField(_("User"), filters=[_bare], validators=[Optional(), Length(max=TEXT_MAX)])

    def validate_last(self, field: DateField) -> None:
        """A range that runs backwards selects nothing, which would look like no transfers."""
        if field.data and self.first.data and field.data < self.first.data:
            raise ValidationError(_("This is before the first day."))

    @property
    def unit(self) -> Unit | None:
        """What charts over time are to count by; None leaves it to them."""
        return self.granularity.data or None

    def query(self) -> dict[str, str]:
        """The filters that are set, by their names in a query."""
        return {field.name: str(field.data) for field in self if field.data}

    def selection(self) -> Selection:
        """Of a form that is valid."""
        return selection_of(self.query())
