"""Which transfers are asked for. One filter serves screen, API and export, so that they can't differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from analytics_service.domain.files import LakeFile
from contracts.money import currencies
from service_kit.errors import Forbidden

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
TEXT_MAX = 100
_CHOICES: Mapping[str, Iterable[str]] = {"type": TYPES, "status": STATUSES, "reason": REASONS, "origin": ORIGINS}

FIELDS = {
    "from": "the first moment: RFC 3339, or a date of the zone",
    "to": "the moment to stop before: RFC 3339; of a date the whole day counts",
    "currency": "a currency of ISO 4217",
    "type": f"one of {', '.join(TYPES)}",
    "status": f"one of {', '.join(STATUSES)}",
    "reason": "why it was rejected",
    "account": "an account that paid or got",
    "origin": "user, demo, probe or world",
    "after": "only positions above this one",
    "upto": "only positions up to this one",
    "zone": "a time zone of IANA, in which dates, hours and days are meant; UTC without it",
    "user": "a user's id: their part alone, as they see it; people see none but their own",
}
"""Every filter by its name in a query, with what it means."""


class BadFilterError(ValueError):
    """A value that the filter `name` can't take."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}: {FIELDS[name]}")
        self.name = name


class OthersFigures(Forbidden):
    """The figures of another person are for analysts and administrators."""

    code = "others_figures"
    title = "These are another person's figures"
    advice = "Leave the parameter user out: then the figures are your own."


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
    zone: str | None = None
    user: str | None = None
    user_id: str | None = None

    def seen_by(self, viewer: str | None) -> Selection:
        """The same for one person; with None for whoever may see everybody's, of which `user` picks one.

        Raises OthersFigures where a person asks for somebody else's.
        """
        if viewer is not None and self.user not in (None, viewer):
            raise OthersFigures
        return replace(self, user_id=viewer if viewer is not None else self.user)

    def from_the_beginning(self) -> Selection:
        """The same with all that came before."""
        return replace(self, from_=None, after=None)

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
    asked = {name: text for name in FIELDS if (text := query.get(name, "").strip())}
    zone = _read("zone", asked.get("zone", "UTC"), "UTC")
    for name, text in asked.items():
        values["from_" if name == "from" else name] = _read(name, text, zone)
    return Selection(**values)


@cache
def zones() -> frozenset[str]:
    """The time zones of IANA that this machine knows, without the names that mean another one on each machine."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


def _read(name: str, text: str, zone: str) -> Any:
    if name in ("from", "to"):
        return _moment(name, text, ZoneInfo(zone))
    if name in ("after", "upto"):
        if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= MAX_POSITION):
            raise BadFilterError(name)
        return int(text)
    allowed = {"currency": currencies, "zone": zones}.get(name, lambda: _CHOICES.get(name))()
    if len(text) > TEXT_MAX or (allowed is not None and text not in allowed):
        raise BadFilterError(name)
    return text


def _moment(name: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        if len(text) == len("YYYY-MM-DD"):
            day = date.fromisoformat(text) + timedelta(days=name == "to")
            # Where clocks skip midnight, the day begins when they do; where they show it twice, with the first.
            return datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise BadFilterError(name)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadFilterError(name) from None
