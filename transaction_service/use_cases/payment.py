"""What somebody asks for when they send money, and the command that it becomes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from contracts.access_token import NEWCOMER
from contracts.moments import rfc3339
from service_kit.principal import Principal
from transaction_service.domain import Payee, PostTransfer

KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,128}\Z")
"""An idempotency key: visible ASCII without the comma, by which two headers of one name are joined."""
_ROLES = ("admin", "support", "analyst", NEWCOMER, "user")


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, under which key, in which trace."""

    who: Principal
    key: str
    traceparent: str | None = None


class OwnAccountError(Exception):
    """The payer named themselves as the payee; the ledger need not be asked."""


@dataclass(frozen=True, slots=True)
class Payment:
    """Money to one or more payees, amounts in minor units of `currency`: at once, held for `hold_seconds`, or at the
    moment `execute_at` (RFC 3339 as the journal writes it). `dry_run` asks what would become of it."""

    payees: tuple[Payee, ...]
    currency: str
    note: str = ""
    payer_account: str | None = None
    hold_seconds: int | None = None
    execute_at: str | None = None
    dry_run: bool = False

    @classmethod
    def to(cls, username: str, amount: int, currency: str, note: str = "") -> Payment:
        """The most common one."""
        return cls((Payee(amount, username=username),), currency, note)

    def fingerprint(self) -> str:
        """SHA-256 of the request, the same for the same request however it was spelt in JSON."""
        return fingerprint(
            [(payee.amount, payee.username, payee.account) for payee in self.payees],
            self.currency,
            self.note,
            self.payer_account,
            self.hold_seconds,
            self.execute_at,
        )

    def command(self, id: str, who: Principal, key: str, now: datetime, traceparent: str | None) -> PostTransfer:
        """As the ledger is to be asked; raises OwnAccountError.

        When a hold ends is reckoned here, from the request's own time, so it is no part of the fingerprint.
        """
        if any(payee.username == who.username for payee in self.payees):
            raise OwnAccountError
        held = None if self.hold_seconds is None else rfc3339(now + timedelta(seconds=self.hold_seconds))
        return PostTransfer(
            id=id,
            key=personal(who, key),
            fingerprint=self.fingerprint(),
            payees=self.payees,
            currency=self.currency,
            owner=who.user_id,
            owner_username=who.username,
            role=acting_role(who),
            payer_account=self.payer_account,
            note=self.note,
            expires_at=held,
            execute_at=self.execute_at,
            dry_run=self.dry_run,
            traceparent=traceparent,
        )


def fingerprint(*fields: Any) -> str:
    """The digest of what was asked: the same key with another one is a mistake of the caller."""
    return hashlib.sha256(orjson.dumps(fields)).hexdigest()


def personal(who: Principal, key: str) -> str:
    """The key as the ledger keeps it: a person's own, so that nobody meets another's."""
    return f"{who.user_id}/{key}"


def acting_role(who: Principal, roles: Sequence[str] = _ROLES) -> str:
    """The highest of somebody's roles: what the ledger goes by."""
    return next((role for role in roles if role in who.roles), "user")
