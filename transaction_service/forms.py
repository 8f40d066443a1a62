"""The forms of the pages."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, SubmitField
from wtforms.validators import DataRequired, Length, Regexp, ValidationError

from contracts.money import InvalidAmount, Money
from transaction_service.use_cases import KEY


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


class SendForm(FlaskForm):
    """Send money. `key` is made with the page, so that a form sent twice is one transfer."""

    key = HiddenField(validators=[DataRequired(), Regexp(KEY)])
    payee = StringField(
        _("To"), filters=[_stripped], validators=[DataRequired(_("Who is to get the money?")), Length(max=64)]
    )
    amount = StringField(_("Amount"), filters=[_stripped], validators=[DataRequired(_("How much?")), Length(max=24)])
    note = StringField(_("Note (optional)"), filters=[_stripped], validators=[Length(max=200)])
    send = SubmitField(_("Send money"))

    def __init__(self, currency: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.currency = currency
        self.money: Money | None = None

    def validate_amount(self, field: StringField) -> None:
        """Read the amount as the person typed it, in the account's currency."""
        try:
            self.money = Money.parse(field.data or "", self.currency)
        except InvalidAmount:
            raise ValidationError(_("Enter an amount like 12.50.")) from None
        if self.money.amount <= 0:
            raise ValidationError(_("The amount must be more than zero."))
