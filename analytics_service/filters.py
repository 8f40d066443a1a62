"""Which transfers are asked for. One filter serves screen, API and export, so that they can't differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from analytics_service.domain.files import LakeFile
from contracts.money import currencies

PAYMENT = "payment"
TYPES = (PAYMENT, "grant", "deposit", "withdrawal", "refund", "reversal", "capture", "void")
STATUSES = ("scheduled", "pending", "posted", "voided", "expired", "rejected")
REASONS = (
    "insufficient_funds",
    "unknown_payee",
    "currency_mismatch",
    "same_account",
    "limit_exceeded",
    "account_frozen",
    "account_closed",
    "payee_unavailable",
    "payee_not_named",
    "not_pending",
    "not_refundable",
    "exceeds_hold",
    "exceeds_paid",
)
ORIGINS = ("user", "demo", "probe", "world")
MAX_POSITION = 2**53 - 1
_CHOICES: Mapping[str, Iterable[str]] = {"type": TYPES, "status": STATUSES, "reason": REASONS, "origin": ORIGINS}

FIELDS = {
    "from": "the first moment: RFC 3339, or a date in UTC",
    "to": "the moment to stop before: RFC 3339; of a date the whole day counts",
    "currency": "a currency of ISO 4217",
    "type": f"one of {', '.join(TYPES)}",
    "status": f"one of {', '.join(STATUSES)}",
    "reason": "why it was rejected",
    "account": "an account that paid or got",
    "origin": "user, demo, probe or world",
    "after": "only positions above this one",
    "upto": "only positions up to this one",
}
"""Every filter by its name in a query, with what it means."""


class BadFilterError(ValueError):
    """A value that the filter `name` can't take."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: {FIELDS[name]}")
        self.name = name


@dataclass(frozen=True)
class Selection:
    """A filter as it was asked for, and the person (`user_id`) whose transfers alone may be seen; None for all."""

    from_: datetime | None = None
    to: datetime | None = None
    currency: str | None = None
    type: str | None = None
    status: str | None = None
    reason: str | None = None
    account: str | None = None
    origin: str | None = None
    after: int | None = None
    upto: int | None = None
    user_id: str | None = None

    def seen_by(self, user_id: str | None) -> Selection:
        """The same for one person, or for all with None."""
        return replace(self, user_id=user_id)

    @property
    def names_a_party(self) -> bool:
        """Whether it depends on who paid and got, which no statistics of a file can tell."""
        return self.user_id is not None or self.account is not None

    def may_be_in(self, file: LakeFile) -> bool:
        """False where none of the file's rows can pass."""
        return not (
            (self.from_ is not None and file.last_at < self.from_)
            or (self.to is not None and file.first_at >= self.to)
            or (self.after is not None and file.last_position <= self.after)
            or (self.upto is not None and file.first_position > self.upto)
        )

    def as_asked(self) -> dict[str, Any]:
        """The filters that are set, by their names in a query."""
        values = {name.rstrip("_"): value for name, value in asdict(self).items() if name != "user_id"}
        return {name: value for name, value in values.items() if value is not None}


def selection_of(query: Mapping[str, str]) -> Selection:
    """Read a query's filters; an empty value is none.

    Raises:
        BadFilterError: a value is not usable.
    """
    values: dict[str, Any] = {}
    for name in FIELDS:
        text = query.get(name, "").strip()
        if text:
            values["from_" if name == "from" else name] = _read(name, text)
    return Selection(**values)


def _read(name: str, text: str) -> object:
    if name in ("from", "to"):
        return _moment(name, text)
    if name in ("after", "upto"):
        if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= MAX_POSITION):
            raise BadFilterError(name)
        return int(text)
    allowed = currencies() if name == "currency" else _CHOICES.get(name)
    if len(text) > 100 or (allowed is not None and text not in allowed):
        raise BadFilterError(name)
    return text


def _moment(name: str, text: str) -> datetime:
    try:
        if len(text) == len("YYYY-MM-DD"):
            day = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
            return day + timedelta(days=1) if name == "to" else day
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise BadFilterError(name)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadFilterError(name) from None
