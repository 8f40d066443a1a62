"""The way out by e-mail."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

from notification_service.domain import Delivery
from notification_service.mail.letters import LetterWriter
from notification_service.ports import Delayed, People, Refused, TargetAway, Unwanted
from service_kit.letters import AddressUnusable
from service_kit.smtp import LetterDelayed, LetterRefused, MailServerAway

NO_ADDRESS = "no_confirmed_address"


class MailCarrier:
    """`ports.Carrier` by SMTP: who gets it is looked up at this moment, since an address may have changed or gone."""

    def __init__(self, people: People, write: LetterWriter, post: Callable[[EmailMessage, str], None]) -> None:
        """`post` raises MailServerAway, LetterRefused, LetterDelayed."""
        self._people = people
        self._write = write
        self._post = post

    def deliver(self, delivery: Delivery) -> int | None:
        """See the port. The mail server's words stay out of the causes: they repeat the address."""
        user_id = delivery.notification.user_id
        address = self._people.addresses([user_id]).get(user_id)
        if address is None:
            raise Unwanted(NO_ADDRESS)
        try:
            self._post(self._letter(delivery, address), address)
        except AddressUnusable:
            raise Refused("address_unusable") from None
        except LetterRefused as refused:
            raise Refused("refused_by_mail_server", refused.code) from None
        except LetterDelayed as delayed:
            raise Delayed("delayed_by_mail_server", delayed.code) from None
        except MailServerAway as away:
            raise TargetAway("mail_server_away", away.code) from None
        return 250  # RFC 5321: what a server that has taken a letter answers

    def _letter(self, delivery: Delivery, address: str) -> EmailMessage:
        told = delivery.notification
        counterparty = told.transfer.counterparty if told.transfer else None
        names = self._people.names({id for id in (told.user_id, counterparty) if id is not None})
        return self._write(delivery, address, names.get(told.user_id, ""), names.get(counterparty or ""))
