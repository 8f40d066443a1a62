"""What people do here: send money, see what they have, see what happened. API and pages both call these."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from transaction_service.domain import Account, PostTransfer
from transaction_service.ports import Ledger, Reader
from transaction_service.protocol import Reply

KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,128}\Z")
"""An idempotency key: visible ASCII without the comma, by which two headers of one name are joined."""


class OwnAccountError(Exception):
    """The payer named themselves as the payee; the ledger need not be asked."""


@dataclass(frozen=True, slots=True)
class Payment:
    """What somebody asks for: `amount` in minor units of `currency` to the user called `payee`."""

    payee: str
    amount: int
    currency: str
    note: str = ""
    payer_account: str | None = None

    def fingerprint(self) -> str:
        """SHA-256 of the request, the same for the same request however it was spelt in JSON."""
        fields = [self.payee, self.amount, self.currency, self.note, self.payer_account]
        return hashlib.sha256(orjson.dumps(fields)).hexdigest()


@dataclass(frozen=True)
class History:
    """A page of transfers, latest first; `next_before` is where the older ones begin, None at the end."""

    transfers: list[dict[str, Any]]
    next_before: int | None


class Transfers:
    """The use cases, with what they need handed in."""

    def __init__(self, ledger: Ledger, reader: Reader, new_id: Callable[[], str]) -> None:
        self._ledger = ledger
        self._reader = reader
        self._new_id = new_id

    def post(self, user_id: str, username: str, key: str, payment: Payment, traceparent: str | None) -> Reply:
        """Ask the ledger for a transfer; the key is the payer's own, so nobody meets another's.

        Raises:
            OwnAccountError: payer and payee are the same; no key is consumed.
            LedgerUnavailable: the outcome is unknown; the same key will tell.
        """
        if payment.payee == username:
            raise OwnAccountError
        command = PostTransfer(
            id=self._new_id(),
            key=f"{user_id}/{key}",
            fingerprint=payment.fingerprint(),
            amount=payment.amount,
            currency=payment.currency,
            owner=user_id,
            owner_username=username,
            payer_account=payment.payer_account,
            payee_username=payment.payee,
            note=payment.note,
            traceparent=traceparent,
        )
        return self._ledger.ask(command)

    def accounts(self, user_id: str) -> list[Account]:
        """The user's accounts; empty until the first one is opened, a moment after sign-up."""
        return self._reader.accounts_of(user_id)

    def history(self, user_id: str, before: int | None, limit: int) -> History:
        """The user's transfers over all accounts, as that user may see them."""
        own = self._own(user_id)
        found = self._reader.transfers_of(own, before, limit + 1)
        page = found[:limit]
        following = page[-1]["position"] if len(found) > limit else None
        return History([as_seen_by(transfer, own) for transfer in page], following)

    def transfer(self, user_id: str, transfer_id: str) -> dict[str, Any] | None:
        """One transfer, if the user is a party to it."""
        own = self._own(user_id)
        found = self._reader.transfer(transfer_id, own)
        return as_seen_by(found, own) if found else None

    def _own(self, user_id: str) -> list[str]:
        return [account.id for account in self._reader.accounts_of(user_id)]


def as_seen_by(transfer: dict[str, Any], own: Sequence[str]) -> dict[str, Any]:
    """The transfer with its direction, and with the viewer's own balance after it instead of the payer's."""
    outgoing = transfer["payer"]["account"] in own
    mine = transfer["payer"]["account"] if outgoing else transfer["payee"]["account"]
    view = {name: value for name, value in transfer.items() if name not in ("entries", "balance_after")}
    view["direction"] = "out" if outgoing else "in"
    for entry in transfer["entries"]:
        if entry["account"] == mine:
            view["balance_after"] = entry["balance_after"]
    return view
