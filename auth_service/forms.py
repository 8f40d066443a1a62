"""The forms of auth's pages. The rules are the domain's; here they are told to a person, in their language."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, StringField, SubmitField
from wtforms.validators import AnyOf, InputRequired, Length, ValidationError

from auth_service.domain import PASSWORD_RAW_MAX, email_of, password_of, username_of
from auth_service.domain.second_factor import CODE_MAX
from contracts.access_token import STAFF_ROLES
from service_kit.errors import InvalidRequest

REASON_MIN = 3
_REQUIRED = _l("This is needed.")
MISTAKES = {
    "username_invalid": _l("3 to 32 characters: a letter first, then letters, digits, dots, dashes or underscores."),
    "email_invalid": _l("This does not look like an e-mail address."),
    "password_invalid": _l("8 to 128 characters."),
    "password_common": _l("This is one of the commonest passwords, which attackers try first. Take another."),
    "password_personal": _l("Take more than your name, your address or our name: people who know you try those."),
}


class SignUpForm(FlaskForm):
    """A new account."""

    username = StringField(
        _l("User name"),
        [InputRequired(_REQUIRED), Length(max=64)],
        description=_l("Your public handle: people send you money by it."),
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    email = EmailField(_l("E-mail"), [InputRequired(_REQUIRED), Length(max=254)], render_kw={"autocomplete": "email"})
    password = PasswordField(
        _l("Password"),
        [InputRequired(_REQUIRED), Length(max=PASSWORD_RAW_MAX, message=MISTAKES["password_invalid"])],
        description=_l("8 characters or more; a few words are better than one."),
        render_kw={"autocomplete": "new-password"},
    )
    submit = SubmitField(_l("Create account"))

    def validate_username(self, field: StringField) -> None:
        """The domain's rule, so that all mistakes show at once."""
        _ask(username_of, field)

    def validate_email(self, field: EmailField) -> None:
        """As above."""
        _ask(email_of, field)

    def validate_password(self, field: PasswordField) -> None:
        """As above; what it must not be like stands in the other two fields."""
        _ask(lambda text: password_of(text, self.username.data or "", self.email.data or ""), field)

    def take(self, refused: InvalidRequest) -> None:
        """Show what the domain refused at the field that it concerns."""
        for mistake in refused.extensions.get("errors", []):
            field = self[mistake["pointer"].removeprefix("#/")]
            field.errors = [*field.errors, MISTAKES.get(mistake["code"], mistake["detail"])]


def _ask(rule: Callable[[str], str], field: StringField) -> None:
    try:
        rule(field.data or "")
    except InvalidRequest as refused:
        raise ValidationError(MISTAKES[refused.extensions["errors"][0]["code"]]) from None


class LogInForm(FlaskForm):
    """Who you are, and where to go then."""

    username = StringField(
        _l("User name"),
        [InputRequired(_REQUIRED), Length(max=64)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Password"),
        [InputRequired(_REQUIRED), Length(max=PASSWORD_RAW_MAX)],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()
    submit = SubmitField(_l("Log in"))


_CODE_LOOK = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}


class _WithPassword(FlaskForm):
    password = PasswordField(
        _l("Password"),
        [InputRequired(_REQUIRED), Length(max=PASSWORD_RAW_MAX)],
        render_kw={"autocomplete": "current-password"},
    )


class PasswordForm(_WithPassword):
    """Before a second factor is set up."""

    submit = SubmitField(_l("Set it up"))


class ConfirmForm(FlaskForm):
    """The app's first code."""

    code = StringField(
        _l("The code that the app shows"),
        [InputRequired(_REQUIRED), Length(max=CODE_MAX)],
        render_kw={**_CODE_LOOK, "inputmode": "numeric"},
    )
    submit = SubmitField(_l("Switch it on"))


class CodeForm(FlaskForm):
    """The second step of a log-in."""

    code = StringField(
        _l("Code"),
        [InputRequired(_REQUIRED), Length(max=CODE_MAX)],
        render_kw={**_CODE_LOOK, "autofocus": True},
    )
    next = HiddenField()
    submit = SubmitField(_l("Log in"))


class ProveForm(_WithPassword):
    """Both factors, before anything about the second one is changed."""

    code = StringField(
        _l("Code of the app, or a recovery code"),
        [InputRequired(_REQUIRED), Length(max=CODE_MAX)],
        render_kw=_CODE_LOOK,
    )


class _PasswordForm(FlaskForm):
    """A new password; what the domain refuses shows at its field."""

    password = PasswordField(
        _l("New password"),
        [InputRequired(_REQUIRED), Length(max=PASSWORD_RAW_MAX, message=MISTAKES["password_invalid"])],
        description=_l("8 characters or more; a few words are better than one."),
        render_kw={"autocomplete": "new-password"},
    )

    def take(self, refused: InvalidRequest) -> None:
        """Show why it can't be one."""
        self.password.errors = [MISTAKES[mistake["code"]] for mistake in refused.extensions["errors"]]


class ChangePasswordForm(_PasswordForm):
    """By who knows the present one."""

    old_password = PasswordField(
        _l("Present password"),
        [InputRequired(_REQUIRED), Length(max=PASSWORD_RAW_MAX)],
        render_kw={"autocomplete": "current-password"},
    )
    submit = SubmitField(_l("Change the password"))


class NewPasswordForm(_PasswordForm):
    """By who has a link."""

    submit = SubmitField(_l("Set the password"))


class ChangeEmailForm(FlaskForm):
    """Another address, by who knows the password."""

    email = EmailField(
        _l("New e-mail address"), [InputRequired(_REQUIRED), Length(max=254)], render_kw={"autocomplete": "email"}
    )
    password = PasswordField(
        _l("Password"),
        [InputRequired(_REQUIRED), Length(max=PASSWORD_RAW_MAX)],
        render_kw={"autocomplete": "current-password"},
    )
    submit = SubmitField(_l("Send the letters"))

    def validate_email(self, field: EmailField) -> None:
        """The domain's rule."""
        _ask(email_of, field)


class ResetForm(FlaskForm):
    """Where the link goes."""

    email = EmailField(_l("E-mail"), [InputRequired(_REQUIRED), Length(max=254)], render_kw={"autocomplete": "email"})
    submit = SubmitField(_l("Send me the link"))

    def validate_email(self, field: EmailField) -> None:
        """The domain's rule."""
        _ask(email_of, field)


class ButtonForm(FlaskForm):
    """A yes, with its CSRF token."""


class EndSessionForm(FlaskForm):
    """One session to end, or all others when none is named; `everywhere`: all, this one too."""

    session = HiddenField()
    everywhere = HiddenField()


class AdminActForm(FlaskForm):
    """One act of an administrator; which of the buttons was pressed says which."""

    act = HiddenField(validators=[AnyOf(("lock", "unlock", "end_sessions", "give_role", "take_role"))])
    role = HiddenField(validators=[AnyOf(("", *sorted(STAFF_ROLES)))], default="")
    reason = StringField(_l("Reason"), [Length(max=200)], render_kw={"autocomplete": "off"})

    def validate_reason(self, field: StringField) -> None:
        """A lock says why; the person's chain keeps it."""
        if self.act.data == "lock" and len((field.data or "").strip()) < REASON_MIN:
            raise ValidationError(_l("Say why, in a few words."))

    def validate_role(self, field: HiddenField) -> None:
        """The two acts on roles name one."""
        if self.act.data in ("give_role", "take_role") and not field.data:
            raise ValidationError(_REQUIRED)


class CloseAccountForm(FlaskForm):
    """The password again: an open browser is not its owner."""

    password = PasswordField(
        _l("Your password"),
        [InputRequired(_REQUIRED), Length(max=PASSWORD_RAW_MAX)],
        render_kw={"autocomplete": "current-password"},
    )
    submit = SubmitField(_l("Close my account for good"))
