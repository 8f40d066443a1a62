"""The forms of the pages. Amounts are typed in a currency's main unit and read into minor units here, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import MAXYEAR, UTC, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    DateTimeLocalField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    SubmitField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, DataRequired, Length, Optional, Regexp, StopValidation, ValidationError

from contracts.money import InvalidAmount, Money, currencies
from transaction_service.domain import Account, Status
from transaction_service.domain.commands import MAIN
from transaction_service.presentation import HOLDS, STATUSES, TYPES, account_name
from transaction_service.routes.payment_bodies import AHEAD
from transaction_service.use_cases import KEY

NOW, HOLD, LATER = "now", "hold", "later"
PURPOSE = r"[a-z0-9][a-z0-9_-]{0,31}\Z"


_ALL = SelectChoice("", _("All"))


def _choices(names: Mapping[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, name) for value, name in names.items()]


def _names(accounts: Sequence[Account]) -> dict[str, str]:
    return {account.id: account_name(account) for account in accounts}


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


def _folded(value: str | None) -> str | None:
    return value.strip().lower() if value else value


def _handle(value: str | None) -> str | None:
    """A username however it was written; it is often copied with its sign."""
    return value.strip().lower().removeprefix("@") if value else value


def _code(value: str | None) -> str | None:
    return value.strip().upper() if value else value


def read_amount(text: str, currency: str) -> int:
    """Minor units of what somebody typed. Raises ValidationError with what to type instead."""
    try:
        amount = Money.parse(text, currency).amount
    except InvalidAmount:
        raise ValidationError(_("Enter an amount like 12.50.")) from None
    if amount <= 0:
        raise ValidationError(_("The amount must be more than zero."))
    return amount


class _Query(FlaskForm):
    """Nothing is changed by it, so it is sent with GET and carries no token."""

    class Meta(FlaskForm.Meta):
        csrf = False

    def query(self) -> dict[str, str]:
        """What is filled in, by its name in the URL."""
        return {field.name: str(field.data) for field in self if field.data and field.type != "SubmitField"}


def _if_later(form: Any, field: DateTimeLocalField) -> None:
    """The moment is only looked at where it is asked for."""
    if form.when.data == LATER and field.data is not None:
        return
    field.errors = []
    raise StopValidation(_("Choose the day and the time.") if form.when.data == LATER else "")


class SendForm(FlaskForm):
    """What is to be sent, from which account, to whom and when. Nothing is sent by it: it leads to the confirm step."""

    account = SelectField(_("From"))
    payee = StringField(_("To"), filters=[_handle], validators=[Length(max=64, message=_("No username is so long."))])
    own = SelectField(_("Or to an account of yours"), default="")
    amount = StringField(_("Amount"), filters=[_stripped], validators=[DataRequired(_("How much?")), Length(max=24)])
    note = StringField(_("Note (optional)"), filters=[_stripped], validators=[Length(max=200)])
    when = RadioField(
        _("When"),
        choices=_choices({NOW: _("Now"), HOLD: _("Hold it first"), LATER: _("At a later moment")}),
        default=NOW,
    )
    hold = SelectField(_("Hold it for"), choices=_choices(HOLDS), default="86400")
    at = DateTimeLocalField(_("Moment, in UTC"), format="%Y-%m-%dT%H:%M", validators=[_if_later])
    proceed = SubmitField(_("Continue"))

    def __init__(self, accounts: Sequence[Account], now: datetime, **kwargs: Any) -> None:
        """`accounts` are those that may pay, the first one preferred; `now` is UTC."""
        super().__init__(**kwargs)
        self._accounts = {account.id: account for account in accounts}
        self._now = now
        self.money = 0
        self.account.choices = _choices(_names(accounts))
        self.own.choices = [SelectChoice("", _("None")), *self.account.choices]
        if self.account.data is None:
            self.account.data = accounts[0].id

    @property
    def payer(self) -> Account | None:
        """The account that is to pay; None where the form names none of them."""
        return self._accounts.get(self.account.data)

    @property
    def hold_seconds(self) -> int | None:
        """For how long it is to be held."""
        return int(self.hold.data) if self.when.data == HOLD else None

    @property
    def moment(self) -> datetime | None:
        """When it is to be sent, UTC."""
        later = self.when.data == LATER and self.at.data is not None
        return self.at.data.replace(tzinfo=UTC) if later else None

    def validate_payee(self, field: StringField) -> None:
        """Somebody, or an account of one's own."""
        if not field.data and not self.own.data:
            raise ValidationError(_("Who is to get the money?"))
        if field.data and self.own.data:
            raise ValidationError(_("Name somebody, or choose an account of yours: not both."))

    def validate_amount(self, field: StringField) -> None:
        """Read the amount in the paying account's currency."""
        if self.payer is not None:
            self.money = read_amount(field.data or "", self.payer.currency)

    def validate_at(self, field: DateTimeLocalField) -> None:
        """A moment that is to come."""
        if self.moment is None or not self._now < self.moment <= self._now + AHEAD:
            raise ValidationError(_("Choose a moment that is to come, within a year."))


class ConfirmForm(FlaskForm):
    """Send it. What is sent stands in the draft; its key is in the URL."""

    send = SubmitField(_("Send money"))


class FollowUpForm(FlaskForm):
    """Something done about a transfer. `key` is made with the page, so that a form sent twice is done once."""

    key = HiddenField(validators=[DataRequired(), Regexp(KEY)])
    amount = StringField(_("Amount (optional)"), filters=[_stripped], validators=[Optional(), Length(max=24)])
    note = StringField(_("Note (optional)"), filters=[_stripped], validators=[Length(max=200)])

    def __init__(self, act: str, currency: str, **kwargs: Any) -> None:
        super().__init__(prefix=act, **kwargs)
        self._currency = currency
        self.money: int | None = None

    def validate_amount(self, field: StringField) -> None:
        """Left empty it is the whole."""
        self.money = read_amount(field.data, self._currency)


class OpenAccountForm(FlaskForm):
    """Another account: of another currency, or for another purpose."""

    currency = StringField(
        _("Currency"),
        filters=[_code],
        validators=[AnyOf(currencies(), message=_("Enter a currency's code, like EUR."))],
    )
    purpose = StringField(
        _("Name (optional)"),
        filters=[_folded],
        validators=[
            Optional(),
            Regexp(PURPOSE, message=_("Use up to 32 of a-z, 0-9, - and _, and begin with a letter or a digit.")),
        ],
        description=_("Empty for the main account of a currency, by which others pay you."),
    )
    open = SubmitField(_("Open account"))

    @property
    def wanted(self) -> str:
        """The account's purpose."""
        return self.purpose.data or MAIN


class ContactForm(FlaskForm):
    """Keep a payee."""

    username = StringField(
        _("Username"), filters=[_handle], validators=[DataRequired(_("Whose username?")), Length(max=64)]
    )
    label = StringField(_("Your name for them (optional)"), filters=[_stripped], validators=[Length(max=40)])
    save = SubmitField(_("Save contact"))


class RemoveContactForm(FlaskForm):
    """Keep a payee no longer; whom is in the URL."""

    remove = SubmitField(_("Remove"))


def _days_in_order(form: Any, field: DateField) -> None:
    first = form["first"].data
    if first and field.data and field.data < first:
        raise ValidationError(_("This is before the first day."))
    if field.data and field.data.year == MAXYEAR:
        raise ValidationError(_("That is too far away."))


class HistoryForm(_Query):
    """Which transfers are shown. Names are those of the API's parameters."""

    account = SelectField(_("Account"), default="")
    counterparty = StringField(_("With"), filters=[_handle], validators=[Optional(), Length(max=64)])
    text = StringField(_("In the note"), filters=[_stripped], validators=[Optional(), Length(max=200)])
    first = DateField(_("From"), name="from", validators=[Optional()])
    last = DateField(_("To, inclusive"), name="to", validators=[Optional(), _days_in_order])
    min_amount = StringField(_("At least"), filters=[_stripped], validators=[Optional(), Length(max=24)])
    max_amount = StringField(_("At most"), filters=[_stripped], validators=[Optional(), Length(max=24)])
    type = SelectField(_("Type"), choices=[_ALL, *_choices(TYPES)], default="")
    status = SelectField(_("Status"), choices=[_ALL, *_choices(STATUSES)], default="")

    def __init__(self, accounts: Sequence[Account], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._accounts = {account.id: account for account in accounts}
        self.account.choices = [_ALL, *_choices(_names(accounts))]
        self.amounts: dict[str, int] = {}

    def validate_min_amount(self, field: StringField) -> None:
        """In the account's currency."""
        self._read(field)

    def validate_max_amount(self, field: StringField) -> None:
        """In the account's currency."""
        self._read(field)

    def _read(self, field: StringField) -> None:
        named = self._accounts.get(self.account.data)
        of = {named.currency} if named else {account.currency for account in self._accounts.values()}
        if len(of) != 1:
            raise ValidationError(_("Choose an account: its currency is meant."))
        self.amounts[field.name] = read_amount(field.data, of.pop())


class StatementForm(_Query):
    """The period of a statement, both days included."""

    first = DateField(_("From"), name="from", validators=[Optional()])
    last = DateField(_("To, inclusive"), name="to", validators=[Optional(), _days_in_order])

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """From the first moment (UTC) to the one to stop before; without days the month so far."""
        last = _start(self.last.data) + timedelta(days=1) if self.last.data else now + timedelta(milliseconds=1)
        first = _start(self.first.data or (last - timedelta(milliseconds=1)).replace(day=1))
        return min(first, last), last

    def show(self, first: datetime, last: datetime) -> None:
        """Let the fields say which period is shown."""
        self.first.data = first.date()
        self.last.data = (last - timedelta(milliseconds=1)).date()


def _start(day: Any) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def spendable(accounts: Sequence[Account]) -> list[Account]:
    """Those that may pay: the frozen ones too, whose refusal says why."""
    return [account for account in accounts if account.status != Status.CLOSED]
