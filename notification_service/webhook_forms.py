"""The forms of the webhooks' pages. What a URL may be, the domain says."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, SelectMultipleField, StringField, SubmitField
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from notification_service.domain.endpoint import DESCRIPTION_MAX, KINDS, is_plain
from notification_service.domain.target import URL_MAX


def _shows_as_it_is(form: FlaskForm, field: Field) -> None:
    if not is_plain(field.data or ""):
        raise ValidationError(_("One line of letters, numbers and signs that can be seen."))


class EndpointForm(FlaskForm):
    """Where, what, and what it is called. No kind ticked: all of them."""

    url = StringField(
        "URL",
        validators=[InputRequired(_("Say where to.")), Length(max=URL_MAX)],
        render_kw={"type": "url", "placeholder": "https://example.com/hooks", "autocomplete": "url"},
    )
    description = StringField(_("Description"), validators=[Length(max=DESCRIPTION_MAX), _shows_as_it_is])
    kinds = SelectMultipleField(
        _("Only these kinds"),
        choices=[str(kind) for kind in KINDS],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    submit = SubmitField(_("Save"))


class ActForm(FlaskForm):
    """What it asks for is in its URL; it carries the CSRF token."""
