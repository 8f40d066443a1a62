"""The forms of the pages."""

from __future__ import annotations

import re
from uuid import UUID

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, ValidationError

_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
"""Of all zeros W3C's Trace Context says that it is none, and Zipkin refuses to look for it."""


def transfer_id_of(text: str) -> str | None:
    """The id as the ledger writes it; None for what can't be one."""
    try:
        canonical = str(UUID(text))
    except ValueError:
        return None
    return canonical if canonical == text.lower() else None


def trace_id_of(text: str) -> str | None:
    """A trace's id as Zipkin shows it and logs have it; None for what can't be one."""
    return text.lower() if _TRACE_ID.fullmatch(text.lower()) else None


def _stripped(value: str | None) -> str | None:
    return value.strip().lower() if value else value


class JourneyForm(FlaskForm):
    """Which transfer. It changes nothing, so it is sent by GET, and its address can be kept."""

    class Meta:
        csrf = False

    transfer_id = StringField(
        _("Number of the transfer, or of its trace"),
        filters=[_stripped],
        validators=[DataRequired(_("Which transfer?"))],
    )

    def validate_transfer_id(self, field: StringField) -> None:
        """A UUID in its usual spelling, or a trace's id."""
        text = field.data or ""
        if transfer_id_of(text) is None and trace_id_of(text) is None:
            raise ValidationError(
                _("That is no transfer's number. It looks like 0190d5a0-7c1e-7000-8000-000000000003.")
            )
