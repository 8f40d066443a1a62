"""The forms of the inbox. Those that change something say what by their URL, and carry the CSRF token."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, SelectField, SubmitField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, Regexp

from notification_service.domain import ORDER, kinds_named
from notification_service.ports import Filter

DAY = timedelta(days=1)
INBOX, UNREAD, ARCHIVED = "inbox", "unread", "archived"
FAMILIES = {
    "transfer": _("Transfers"),
    "hold": _("Holds"),
    "account": _("Accounts"),
    "welcome": _("Welcome"),
    "security": _("Security"),
    "watch": _("What I watch for"),
    "webhook": _("Webhooks"),
    "report": _("Reports"),
    "operator": _("Alerts"),
}
OPERATORS = "operator"


class MarkForm(FlaskForm):
    """Mark one."""


class MarkAllReadForm(FlaskForm):
    """Mark all as read that the person could see: what arrived since stays unread."""

    upto = HiddenField(validators=[Regexp(ORDER)])
    read_all = SubmitField(_("Mark all as read"))


class RedriveForm(FlaskForm):
    """Try one that is dead again, or all."""


class OwnChoice(SelectField):
    """In our words where what is asked for is none of the choices."""

    def pre_validate(self, form: Any) -> None:
        """Raises ValidationError."""
        try:
            super().pre_validate(form)
        except ValidationError:
            raise ValidationError(_("Choose one of the list.")) from None


class OwnDate(DateField):
    """In our words where what is asked for is no date."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises ValueError."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("A date is expected: year-month-day, like 2026-01-31.")) from None


class FilterForm(FlaskForm):
    """Which notifications are shown. Nothing is changed by it, so it is sent with GET and carries no token."""

    class Meta(FlaskForm.Meta):
        csrf = False

    show = HiddenField(default=INBOX)
    kind = OwnChoice(_("About"), default="")
    first = OwnDate(_("From"), name="from", validators=[Optional()])
    last = OwnDate(_("To, inclusive"), name="to", validators=[Optional()])

    def __init__(self, *, operator: bool, **kwargs: Any) -> None:
        """`operator`: alerts are among what this person is told."""
        super().__init__(**kwargs)
        families = {name: text for name, text in FAMILIES.items() if operator or name != OPERATORS}
        self.kind.choices = [SelectChoice("", _("Everything")), *(SelectChoice(*each) for each in families.items())]

    def validate_last(self, field: DateField) -> None:
        """A period that ends before it begins has nothing in it; the last day of all has no midnight at its end."""
        if field.data == date.max:
            raise ValidationError(_("There is no day after this one."))
        if self.first.data and field.data and field.data < self.first.data:
            raise ValidationError(_("This is before the first day."))

    @property
    def chosen(self) -> Filter:
        """What is asked for; days are those of UTC."""
        return Filter(
            unread=self.show.data == UNREAD,
            archived=self.show.data == ARCHIVED,
            kinds=kinds_named(self.kind.data) if self.kind.data else (),
            since=_midnight(self.first) if self.first.data else None,
            until=_midnight(self.last) + DAY if self.last.data else None,
        )

    def query(self) -> dict[str, str]:
        """What is filled in, by its name in the URL."""
        return {field.name: str(field.data) for field in self if field.data and field.data != field.default}


def _midnight(field: DateField) -> datetime:
    return datetime.combine(field.data, time(), UTC)
