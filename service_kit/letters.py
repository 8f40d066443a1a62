"""Writing letters: what every letter of the platform has, whatever it says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from flask import Flask
from flask_babel import Babel, get_locale
from jinja2 import ChoiceLoader, FileSystemLoader

from service_kit.presentation import install_filters

_FRAME = Path(__file__).with_name("letter_templates")


class AddressUnusable(ValueError):
    """A letter's header would name another address than the one that it is for."""


def letter_application(service: str, templates: Path) -> Flask:
    """What the letters of a service are rendered in; they extend `frame.html` and answer no request."""
    app = Flask(service, static_folder=None, template_folder=str(templates))
    Babel(app)
    app.jinja_env.loader = ChoiceLoader([FileSystemLoader(templates), FileSystemLoader(_FRAME)])
    app.jinja_env.globals["get_locale"] = get_locale
    install_filters(app)
    return app


def compose(
    *,
    sender: str,
    address: str,
    subject: str,
    text: str,
    html: str,
    id: str,
    at: datetime,
    headers: Mapping[str, str] | None = None,
) -> EmailMessage:
    """The message. `id` makes its Message-ID, so that a letter that comes twice can be known as one.

    Raises:
        AddressUnusable: a reader of the header would take `address` for another (RFC 2047's encoded words).
        ValueError: a header has a line break in it.
    """
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    message["From"] = sender
    message["To"] = address
    if [each.addr_spec for each in message["To"].addresses] != [address]:
        raise AddressUnusable("the address means another one in a header")
    message["Date"] = format_datetime(at)
    domain = sender.rpartition("@")[2].rstrip(">")
    message["Message-ID"] = f"<{id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine should answer
    for name, value in (headers or {}).items():
        message[name] = value
    return message
