"""The filter language as a form. It is sent with GET, so that a page of figures can be kept and shared as a link.

A field is called as in the language, so that the API's parameters are a page's, too. Amounts alone are typed by people
in another way (`least`, `most`: 12.50 in the currency that is chosen) and go into links as the language has them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from analytics_service.figures.view import ACCOUNTS, MONEY, SPREAD, Section
from analytics_service.filters import (
    FIELDS,
    ORIGINS,
    REASONS,
    STATUSES,
    TYPES,
    BadFilterError,
    Selection,
    selection_of,
    zones,
)
from analytics_service.presentation import WORDS
from analytics_service.reports import REPORTS
from analytics_service.reports.parties import MANY as MANY_ROWS
from analytics_service.reports.periods import UNITS, Unit
from analytics_service.use_cases.exports import EXPORTS, for_analysts, offered, title_of
from contracts.money import InvalidAmount, Money, currencies

UNIT_NAMES = {
    "minute": _("Minutes"),
    "hour": _("Hours"),
    "day": _("Days"),
    "week": _("Weeks"),
    "month": _("Months"),
}
HINTS = {
    "from": _("Enter a day, or a moment as in RFC 3339."),
    "to": _("Enter a day, or a moment as in RFC 3339, that isn't before the first."),
    "amount_min": _("Choose one currency, and enter an amount like 12.50."),
    "amount_max": _("Choose one currency, and enter an amount like 12.50, that isn't less than the other."),
    "zone": _("Enter a time zone like Europe/Berlin."),
    "after": _("Enter a position of the ledger."),
    "upto": _("Enter a position of the ledger."),
}
"""What to do about a value that can't be used; of the others that they are too long."""
TYPED = {"amount_min": "least", "amount_max": "most"}
"""Filters that people type in another way than the language has them."""


def _bare(value: str | None) -> str | None:
    return value.strip() if value else value


class Checks(SelectMultipleField):
    """Boxes to tick, which a phone shows as well as a screen; none means all."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def chosen(self) -> str:
        """What is ticked, in words."""
        return ", ".join(str(label) for value, label, ticked, _ in self.iter_choices() if ticked)


def _checks(label: Any, values: Iterable[str]) -> Checks:
    return Checks(label, choices=[SelectChoice(value, WORDS.get(value, value)) for value in values])


def _text(label: Any, name: str | None = None) -> StringField:
    return StringField(label, name=name, filters=[_bare])


class DayField(StringField):
    """A day, for which browsers have a calendar, or a moment, as links may have it."""

    @property
    def input_type(self) -> str:
        """Of its element: a calendar shows nothing that is no day."""
        return "date" if not self.data or len(self.data) == len("YYYY-MM-DD") else "text"


class FilterForm(FlaskForm):
    """Nothing is changed by it, so it carries no token."""

    class Meta(FlaskForm.Meta):
        csrf = False

    first = DayField(_("From"), name="from", filters=[_bare])
    to = DayField(_("To, inclusive"), filters=[_bare])
    currency = _checks(_("Currency"), sorted(currencies()))
    type = _checks(_("Type"), TYPES)
    status = _checks(_("Status"), STATUSES)
    reason = _checks(_("Why rejected"), REASONS)
    origin = _checks(_("Whose"), ORIGINS)
    least = _text(_("Amount from"))
    most = _text(_("Amount up to"))
    account = _text(_("Account"))
    counterparty = _text(_("With"))
    transfer = _text(_("Transfer"))
    text = _text(_("Any text"))
    zone = _text(_("Time zone"))
    user = _text(_("User"))
    amount_min = HiddenField()
    amount_max = HiddenField()
    after = HiddenField()
    upto = HiddenField()
    limit = IntegerField(
        _("Rows of each kind"), validators=[Optional(), NumberRange(1, MANY_ROWS, _("Enter a whole number from 1."))]
    )
    show = HiddenField()
    granularity = SelectField(
        _("Charts by"),
        choices=[SelectChoice("", _("As fits")), *(SelectChoice(unit, UNIT_NAMES[unit]) for unit in UNITS)],
        default="",
    )

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Show amounts of a link as people type them, and take typed ones as the language has them."""
        super().process(*args, **kwargs)
        self._selection = Selection()
        currency = self.currency.data[0] if len(self.currency.data or ()) == 1 else None
        for name, typed in ((self[name], self[typed]) for name, typed in TYPED.items()):
            if typed.data:
                name.data = _minor_units(typed.data, currency)
            elif name.data and currency in currencies() and name.data.isdecimal() and len(name.data) <= 16:
                typed.data = f"{Money(int(name.data), currency).decimal():f}"

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """What the language doesn't understand is said at its field."""
        if not super().validate(*args, **kwargs):
            return False
        try:
            self._selection = selection_of(self.query())
        except BadFilterError as error:
            wrong = next(field for field in self if field.name == TYPED.get(error.name, error.name))
            wrong.errors = [
                *wrong.errors,
                HINTS.get(error.name, _("This is too long, or nothing that can be looked for.")),
            ]
            return False
        return True

    @property
    def unit(self) -> Unit | None:
        """What charts over time are to count by; None leaves it to them."""
        return self.granularity.data or None

    @property
    def section(self) -> Section:
        """The section of the page that is shown; of a name that nobody knows, the first."""
        return next((section for section in (SPREAD, ACCOUNTS) if section == self.show.data), MONEY)

    def query(self) -> dict[str, str | list[str]]:
        """The filters that are set, by their names in a query."""
        by_name = {field.name: field.data for field in self}
        return {name: by_name[name] for name in FIELDS if by_name[name]}

    def link(self) -> dict[str, str | list[str]]:
        """What a link to the same page has: the filters, and how it is shown."""
        shown = {"granularity": self.granularity.data, "limit": str(self.limit.data or "")}
        return {**self.query(), **{name: value for name, value in shown.items() if value}}

    def selection(self) -> Selection:
        """Of a form that is valid."""
        return self._selection

    @property
    def zone_names(self) -> list[str]:
        """To choose from."""
        return sorted(zones())


class ZoneForm(FlaskForm):
    """Whose clocks a page goes by."""

    class Meta(FlaskForm.Meta):
        csrf = False

    zone = _text(_("Time zone"))

    def validate_zone(self, field: StringField) -> None:
        """One that is known."""
        if field.data and field.data not in zones():
            raise ValidationError(HINTS["zone"])

    @property
    def zone_names(self) -> list[str]:
        """To choose from."""
        return sorted(zones())


class BuildForm(FilterForm):
    """A report beside the filter. What isn't about the transfers has no part in `query`."""

    report = SelectField(_("Report"))

    def __init__(self, *, own: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.report.choices = report_choices(own)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """A limit that the report hasn't got would be left out silently."""
        if not super().validate(*args, **kwargs):
            return False
        report = REPORTS.get(self.report.data)
        most = report.limit_max if report else 0
        if self.limit.data and self.limit.data > most:
            says = _("At most %(n)s.", n=most) if most else _("This report shows all rows: leave it empty.")
            self.limit.errors = [*self.limit.errors, says]
            return False
        return True


def report_choices(own: bool) -> list[SelectChoice]:
    """The reports that somebody may have; those that are for analysts alone stand together, at the end."""
    risk = set(filter(for_analysts, EXPORTS))
    return [
        SelectChoice(name, title_of(name), optgroup=str(_("Risk")) if name in risk else None)
        for name in sorted(offered(own), key=lambda name: name in risk)
    ]


def _minor_units(text: str, currency: str | None) -> str:
    """As the language has it; what can't be read stays as it is, for the language to refuse."""
    # With its currency it is no number of minor units, which the same digits might be.
    try:
        return str(Money.parse(text, currency).amount) if currency in currencies() else text
    except InvalidAmount:
        return f"{text} {currency}"
