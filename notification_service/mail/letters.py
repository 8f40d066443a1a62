"""A notification as a letter: the words of the inbox, in text and in HTML, and where to look closer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from notification_service.domain import Delivery, Notification
from notification_service.words import words_of
from service_kit.letters import compose, letter_application


@dataclass(frozen=True, slots=True)
class Places:
    """The platform's URLs as browsers see them, without a slash at the end."""

    notification: str
    transaction: str
    auth: str
    analytics: str
    settings_path: str = "/settings"


class LetterWriter:
    """Turns a delivery into a message for SMTP. Several threads may call."""

    def __init__(self, sender: str, places: Places, now: Callable[[], datetime]) -> None:
        self._sender = sender
        self._places = places
        self._now = now
        self._app = letter_application("notification_service", Path(__file__).with_name("letter_templates"))

    def __call__(
        self,
        delivery: Delivery,
        address: str,
        username: str,
        counterparty: str | None,
        locale: str = "en",
    ) -> EmailMessage:
        """The whole message. Its id is the delivery's, so that who gets it twice can know it as one.

        Raises WithoutWords where there is nothing to say, AddressUnusable where no header can name the address.
        """
        told = delivery.notification
        with self._app.app_context(), force_locale(locale):
            title, says = words_of(told, counterparty)
            subject = " ".join(title.split())  # what people have named themselves may break no line of the header
            url, label = self._look_closer(told)
            values = {
                "subject": subject,
                "says": says,
                "username": username,
                "at": told.occurred_at,
                "url": url,
                "button_label": label,
                "preferences_url": self._preferences(told),
                "home": self._places.notification,
            }
            text = render_template("notification.txt", **values)
            html = render_template("notification.html", **values)
        return compose(
            sender=self._sender,
            address=address,
            subject=subject,
            text=text,
            html=html,
            id=delivery.id,
            at=self._now(),
            headers=self._headers(told),
        )

    def _look_closer(self, told: Notification) -> tuple[str, str]:
        if told.transfer:
            return f"{self._places.transaction}/transfers/{told.transfer.id}", _("Look at the transfer")
        if told.report:
            return f"{self._places.analytics}/jobs/{told.report.id}", _("Look at the report")
        if told.webhook:
            return f"{self._places.notification}/webhooks", _("Look at your webhooks")
        if _is_of_access(told.kind):
            return f"{self._places.auth}/protected_web", _("Look at your sessions and password")
        return f"{self._places.notification}/inbox", _("Open your inbox")

    def _preferences(self, told: Notification) -> str:
        """Where such letters are turned off; nowhere, of those that can't be."""
        return "" if _is_of_access(told.kind) else f"{self._places.notification}{self._places.settings_path}"

    def _headers(self, told: Notification) -> dict[str, str]:
        url = self._preferences(told)
        return {"List-Unsubscribe": f"<{url}>"} if url else {}  # RFC 2369: a mail program shows it as a button


def _is_of_access(kind: str) -> bool:
    return kind.startswith("security.")
