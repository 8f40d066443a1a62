"""The forms of the inbox. What they ask for is in their URL; they carry the CSRF token."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, SubmitField
from wtforms.validators import Regexp

from notification_service.domain import ORDER


class MarkReadForm(FlaskForm):
    """Mark one as read."""

    read = SubmitField(_("Mark as read"))


class MarkAllReadForm(FlaskForm):
    """Mark all as read that the person could see: what arrived since stays unread."""

    upto = HiddenField(validators=[Regexp(ORDER)])
    read_all = SubmitField(_("Mark all as read"))
