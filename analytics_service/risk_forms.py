"""The thresholds of patterns of risk as people type them: whole numbers, and amounts like 12.50 of the chosen currency.

A pattern's page is sent with GET, so that what was found is a link to share. A form that orders any report has the
thresholds of each that has some, named by `threshold_field`; the browser shows those of the report that is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional, ValidationError

from analytics_service.forms import HINTS, DayField
from analytics_service.reports import REPORTS
from analytics_service.reports.risk.report import RiskReport
from analytics_service.reports.thresholds import Threshold
from contracts.money import InvalidAmount, Money, currencies
from service_kit.errors import InvalidRequest
from service_kit.presentation import count

HINT = HINTS["amount_min"]
CURRENCIES = [SelectChoice("", _("All")), *(SelectChoice(code, code) for code in sorted(currencies()))]


class AmountField(StringField):
    """A threshold in the form's `currency`; `minor_units` is what it means, once it is valid."""

    minor_units: int | None = None

    def __init__(self, *args: Any, threshold: Threshold, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._threshold = threshold

    def pre_validate(self, form: Any) -> None:
        """Raises ValidationError."""
        if self.data:
            try:
                self.minor_units = _minor_units(self._threshold, self.data, form.currency.data)
            except InvalidAmount:
                raise ValidationError(HINT) from None


def thresholds_form(report: RiskReport, formdata: Any) -> FlaskForm:
    """A form with a field for each threshold, called as the API calls it, the days that are looked at, and the currency
    that amounts are in."""
    others = {
        "from": DayField(_("From"), name="from"),
        "to": DayField(_("To, inclusive"), name="to"),
        "currency": SelectField(_("Currency"), choices=CURRENCIES, default=""),
    }
    fields = {each.name: _field(each) for each in report.thresholds}
    meta = type("Meta", (), {"csrf": False})
    form: FlaskForm = type("ThresholdsForm", (FlaskForm,), {"Meta": meta, **others, **fields})(formdata=formdata)
    return form


def thresholds_set(report: RiskReport, form: FlaskForm) -> dict[str, int]:
    """Those that a valid form sets."""
    fields = {each.name: form[each.name] for each in report.thresholds}
    values = {name: getattr(field, "minor_units", field.data) for name, field in fields.items()}
    return {name: value for name, value in values.items() if value is not None}


def thresholds_as_typed(report: RiskReport, form: FlaskForm) -> dict[str, Any]:
    """The fields of a form that orders the same report, by which it means the same thresholds."""
    typed = {threshold_field(report.name, each): form[each.name].data for each in report.thresholds}
    return {name: value for name, value in typed.items() if value is not None}


def _field(threshold: Threshold) -> IntegerField | AmountField:
    if threshold.is_money:
        return AmountField(label_of(threshold), threshold=threshold, description=without(threshold), filters=[_bare])
    within = NumberRange(threshold.least, threshold.most)
    return IntegerField(label_of(threshold), validators=[Optional(), within], default=threshold.default)


def threshold_field(report: str, threshold: Threshold) -> str:
    """The name of its field where a form has those of several reports."""
    return f"{report}.{threshold.name}"


def thresholds_typed(report: str, fields: Mapping[str, str], chosen: Sequence[str]) -> dict[str, int | str]:
    """What such a form sets of a report's thresholds; of a text that is no whole number the text, to be refused.

    Raises InvalidRequest for an amount that is none of the one chosen currency.
    """
    known = REPORTS[report].thresholds if report in REPORTS else ()
    texts = {each: fields.get(threshold_field(report, each), "").strip() for each in known}
    return {each.name: _typed(each, text, chosen) for each, text in texts.items() if text}


def _typed(threshold: Threshold, text: str, chosen: Sequence[str]) -> int | str:
    if not threshold.is_money:
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else text
    try:
        return _minor_units(threshold, text, chosen[0] if len(chosen) == 1 else None)
    except InvalidAmount:
        raise InvalidRequest(f"{label_of(threshold)}: {HINT}") from None


def label_of(threshold: Threshold) -> str:
    """Its description as a label."""
    return threshold.description[:1].upper() + threshold.description[1:]


def without(threshold: Threshold) -> Any:
    """What counts where an amount is left empty. Needs a request's language."""
    otherwise = count(threshold.default)
    return _("An amount like 12.50 of the chosen currency; otherwise %(n)s of its smallest units.", n=otherwise)


def _minor_units(threshold: Threshold, text: str, currency: str | None) -> int:
    """Raises InvalidAmount, also without a currency, and for what the threshold can't be."""
    if currency is None or currency not in currencies():
        raise InvalidAmount(f"{text[:40]!r} is of no currency")
    amount = Money.parse(text, currency).amount
    if not threshold.least <= amount <= threshold.most:
        raise InvalidAmount(f"{text[:40]!r} is too small or too large")
    return amount


def _bare(text: str | None) -> str | None:
    return text.strip() if text else text
