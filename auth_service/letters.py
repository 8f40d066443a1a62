"""What letters say, in text and in HTML. Nothing in them is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from flask import render_template
from flask_babel import lazy_gettext as _l

from auth_service.domain import LetterKind
from service_kit.letters import compose, letter_application


@dataclass(frozen=True)
class Words:
    """A letter's text. `button`: of its link; `unless`: what to do if somebody else caused the letter."""

    subject: Any
    says: Any
    button: Any = ""
    unless: Any = ""


WORDS: dict[LetterKind, Words] = {
    "confirm_email": Words(
        _l("Confirm your e-mail address"),
        _l("With a click you confirm that this address is yours. Then the small limits of a new account are lifted."),
        _l("Confirm the address"),
        _l("If you did not sign up here, do nothing: without a confirmation the address belongs to nobody."),
    ),
    "already_registered": Words(
        _l("You already have an account"),
        _l(
            "Somebody, perhaps you, has just signed up with this e-mail address. It belongs to the account named "
            "above already, so it can't be confirmed for another one. You can log in with the account that you have."
        ),
        unless=_l("If it was not you, do nothing: nobody has got into your account."),
    ),
    "reset_password": Words(
        _l("Set a new password"),
        _l("Somebody, perhaps you, has asked to set a new password for your account."),
        _l("Set a new password"),
        _l("If it was not you, do nothing: your password stays as it is."),
    ),
    "password_changed": Words(
        _l("Your password was changed"),
        _l("The password of your account was changed a moment ago, and all other sessions have ended."),
        unless=_l(
            "If it was not you, somebody else has your account: ask for a new password on the log-in page at once, "
            "and tell us."
        ),
    ),
    "confirm_new_email": Words(
        _l("Confirm your new e-mail address"),
        _l("The account named above is to have this e-mail address. With a click you confirm that it is yours."),
        _l("Confirm the address"),
        _l("If you know nothing of this account, do nothing: the address stays as it is."),
    ),
    "approve_new_email": Words(
        _l("Your e-mail address is to change"),
        _l(
            "Somebody who is logged in to your account, perhaps you, wants another e-mail address for it. It changes "
            "only if you agree here, and the new address is confirmed too."
        ),
        _l("Agree to the change"),
        _l("If it was not you, do not agree, and change your password: somebody knows it."),
    ),
    "email_changed": Words(
        _l("Your e-mail address was changed"),
        _l("Your account has another e-mail address from now on. This is the last letter to the old one."),
        unless=_l("If it was not you, tell us at once."),
    ),
}
LINK_PATHS: dict[LetterKind, str] = {
    "confirm_email": "/confirm_email",
    "reset_password": "/new_password_form",
    "confirm_new_email": "/confirm_new_email",
    "approve_new_email": "/approve_new_email",
}


@dataclass(frozen=True)
class Letter:
    """One to be written. `link`: its token and when that ends, where it has one."""

    order_id: str
    kind: LetterKind
    address: str
    username: str
    at: datetime
    link: tuple[str, datetime] | None = None


class LetterWriter:
    """Turns a Letter into a message for SMTP."""

    def __init__(self, sender: str, auth_public_url: str, now: Callable[[], datetime]) -> None:
        self._sender = sender
        self._url = auth_public_url
        self._now = now
        self._app = letter_application("auth_service", Path(__file__).with_name("letter_templates"))

    def __call__(self, letter: Letter) -> EmailMessage:
        """The whole message. Its id is the order's, so that a letter that comes twice can be known as one.

        Raises ValueError where the header would name another address than the letter's.
        """
        words = WORDS[letter.kind]
        with self._app.app_context():
            subject = str(words.subject)
            values = {"words": words, "letter": letter, "url": self._link(letter), "home": self._url}
            text = render_template("letter.txt", **values)
            html = render_template("letter.html", subject=subject, **values)
        return compose(
            sender=self._sender,
            address=letter.address,
            subject=subject,
            text=text,
            html=html,
            id=letter.order_id,
            at=self._now(),
        )

    def _link(self, letter: Letter) -> str:
        return f"{self._url}{LINK_PATHS[letter.kind]}?token={letter.link[0]}" if letter.link else ""
