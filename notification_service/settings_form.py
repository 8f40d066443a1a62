"""The form of the settings page: a box for each subject and way, and amounts for each currency of its person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask_babel import gettext as _g
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, IntegerField, StringField, SubmitField
from wtforms.validators import AnyOf, NumberRange, Optional, ValidationError

from contracts.money import InvalidAmount, Money, currencies
from notification_service.domain import Channel, Many, Preferences, Subject, Watch
from notification_service.domain.preferences import ALWAYS, MANY_MAX, MINUTES_MAX

RULES = ("large_transfer", "low_balance")


class SettingsForm(FlaskForm):
    """What every person's form has; `settings_form` adds the rest."""

    first_to_payee = BooleanField(_("The first payment to somebody"))
    many_transfers = BooleanField(_("Many payments in a short time"))
    count = IntegerField(
        _("Payments"),
        validators=[Optional(), NumberRange(2, MANY_MAX, _("From %(min)s to %(max)s."))],
        render_kw={"inputmode": "numeric", "size": "3"},
    )
    minutes = IntegerField(
        _("Minutes"),
        validators=[Optional(), NumberRange(1, MINUTES_MAX, _("From %(min)s to %(max)s."))],
        render_kw={"inputmode": "numeric", "size": "3"},
    )
    more = StringField(
        _("Another currency"),
        validators=[Optional(), AnyOf(currencies(), message=_("Enter a currency's code, like EUR."))],
        filters=[lambda text: text.strip().upper() if text else None],
        render_kw={"size": "4", "maxlength": "3", "autocomplete": "off"},
    )
    submit = SubmitField(_("Save"))

    def box(self, subject: Subject, channel: Channel) -> Field:
        """The box of one choice."""
        return self[_box(subject, channel)]

    def amount(self, rule: str, currency: str) -> Field:
        """The field of one amount; empty for never."""
        return self[_amount(rule, currency)]

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether all of it is right; both numbers are needed, if they are wanted."""
        if not super().validate(extra_validators):
            return False
        if self.many_transfers.data and None in (self.count.data, self.minutes.data):
            self.minutes.errors = [_g("Say how many payments, and in how many minutes.")]
            return False
        return True

    def chosen(self, shown: Sequence[str], before: Preferences) -> Preferences:
        """What it says, once it is valid; of currencies that aren't `shown` what was chosen `before`."""
        amounts: dict[str, dict[str, int | None]] = {}
        for rule in RULES:
            amounts[rule] = dict(getattr(before.watch, rule))
            for currency in shown:
                text = self.amount(rule, currency).data
                amounts[rule][currency] = Money.parse(text, currency).amount if text else None
        many = Many(self.count.data, self.minutes.data) if self.many_transfers.data else None
        channels = {(subject, channel): self.box(subject, channel).data for subject, channel in _choices()}
        return Preferences(channels, Watch(**amounts, first_to_payee=self.first_to_payee.data, many_transfers=many))


def settings_form(preferences: Preferences, shown: Sequence[str]) -> SettingsForm:
    """The request's, or where nothing was sent one that shows these preferences."""
    fields: dict[str, Any] = {_box(*choice): BooleanField() for choice in _choices()}
    for currency in shown:
        fields |= {
            _amount(rule, currency): StringField(
                currency,
                validators=[Optional(), _IsAmount(currency)],
                render_kw={"inputmode": "decimal", "autocomplete": "off"},
            )
            for rule in RULES
        }
    form: SettingsForm = type("PersonsSettingsForm", (SettingsForm,), fields)(data=_data(preferences, shown))
    return form


def _data(preferences: Preferences, shown: Sequence[str]) -> dict[str, Any]:
    watch, many = preferences.watch, preferences.watch.many_transfers
    data: dict[str, Any] = {_box(*choice): preferences.wants(*choice) for choice in _choices()}
    for currency in shown:
        for rule, amount in zip(RULES, (watch.large_from(currency), watch.low_below(currency)), strict=True):
            data[_amount(rule, currency)] = "" if amount is None else str(Money(amount, currency).decimal())
    usual = many or Many()
    return data | {
        "first_to_payee": watch.first_to_payee,
        "many_transfers": many is not None,
        "count": usual.count,
        "minutes": usual.minutes,
    }


def _choices() -> Iterator[tuple[Subject, Channel]]:
    """All that can be chosen."""
    return ((subject, channel) for subject in Subject for channel in Channel if (subject, channel) not in ALWAYS)


def _box(subject: Subject, channel: Channel) -> str:
    return f"{subject}-{channel}"


def _amount(rule: str, currency: str) -> str:
    return f"{rule}-{currency}"


class _IsAmount:
    """Text that is an amount of this currency, and more than nothing."""

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def __call__(self, form: FlaskForm, field: Field) -> None:
        try:
            amount = Money.parse(field.data, self._currency).amount
        except InvalidAmount:
            amount = 0
        if amount == 0:
            raise ValidationError(_g("Enter an amount like 50 or 12.50, or nothing for never."))
