"""From the JSON of a transfer, which obeys the document, to a Payment: and the little that a schema can't say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.moments import rfc3339
from contracts.money import MAX_MINOR_UNITS
from service_kit.errors import InvalidRequest
from transaction_service.domain import Payee
from transaction_service.use_cases import Payment

AHEAD = timedelta(days=366)
BEHIND = timedelta(days=1)
"""A moment may be past by so much: a request that is repeated after its moment must meet its saved answer."""


def payment_of(body: dict[str, Any], now: datetime) -> Payment:
    """Read a transfer's body; raises InvalidRequest."""
    return Payment(
        payees=_payees(body),
        currency=body["currency"],
        note=body["note"],
        payer_account=body.get("payer_account"),
        hold_seconds=body.get("hold_seconds"),
        execute_at=_moment(body["execute_at"], now) if "execute_at" in body else None,
        dry_run=body.get("dry_run", False),
    )


def username_of(text: str) -> str:
    """A username as the ledger has it, however it was typed."""
    return text.strip().lower()


def _payees(body: dict[str, Any]) -> tuple[Payee, ...]:
    if "payee" in body:
        return (Payee(body["amount"], username=username_of(body["payee"])),)
    if "payee_account" in body:
        return (Payee(body["amount"], account=body["payee_account"]),)
    payees = tuple(Payee(part["amount"], username=username_of(part["payee"])) for part in body["payees"])
    _check_split(payees)
    return payees


def _check_split(payees: Sequence[Payee]) -> None:
    seen: set[str | None] = set()
    for place, payee in enumerate(payees):
        if payee.username in seen:
            raise _mistake(f"#/payees/{place}/payee", "This payee was named before", "duplicate")
        seen.add(payee.username)
    if sum(payee.amount for payee in payees) > MAX_MINOR_UNITS:
        raise _mistake("#/payees", f"The amounts are more than {MAX_MINOR_UNITS} together", "maximum")


def _moment(text: str, now: datetime) -> str:
    moment = datetime.fromisoformat(text).astimezone(UTC)
    if not now - BEHIND <= moment <= now + AHEAD:
        raise _mistake("#/execute_at", f"A moment within the next {AHEAD.days} days is expected", "range")
    return rfc3339(moment)


def _mistake(pointer: str, detail: str, code: str) -> InvalidRequest:
    mistake = {"pointer": pointer, "detail": detail, "code": code}
    return InvalidRequest("The body does not have the expected shape.", errors=[mistake])
