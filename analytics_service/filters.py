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
MANY = ("currency", "type", "status", "reason", "origin")
"""The filters that take several values, each in a parameter of its own; any of them passes."""
MAX_INTEGER = 2**53 - 1
MAX_POSITION = MAX_INTEGER
TEXT_MAX = 100
_INTEGERS = ("amount_min", "amount_max", "after", "upto")
_CHOICES: Mapping[str, Iterable[str]] = {"type": TYPES, "status": STATUSES, "reason": REASONS, "origin": ORIGINS}

FIELDS = {
    "from": "the first moment: RFC 3339, or a date of the zone",
    "to": "the moment to stop before: RFC 3339; of a date the whole day counts",
    "currency": "a currency of ISO 4217; again for each further one",
    "type": f"one of {', '.join(TYPES)}; again for each further one",
    "status": f"one of {', '.join(STATUSES)}; again for each further one",
    "reason": f"why it was rejected, one of {', '.join(REASONS)}; again for each further one",
    "amount_min": "the least that a payee got, or was to, in minor units of the one currency that is named",
    "amount_max": "the most that a payee got, or was to, in minor units of the one currency that is named",
    "account": "an account that paid or got, or was to",
    "counterparty": "the account or user on the other side of the account, or else of the user, or else on any side",
    "transfer": "a transfer's id: all that happened to it",
    "text": "a part of an id, an account, a type, a status, a reason, an origin or a currency, in any case",
    "origin": f"one of {', '.join(ORIGINS)}; again for each further one",
    "after": "only positions above this one",
    "upto": "only positions up to this one",
    "zone": "a time zone of IANA, in which dates, hours and days are meant; UTC without it",
    "user": "a user's id: their part alone, as they see it; people see none but their own",
}
"""Every filter by its name in a query, with what it means."""


class BadFilterError(ValueError):
    """A value that the filter `name` can't take; `why` where its meaning doesn't say it."""

    def __init__(self, name: str, why: str = "") -> None:
        super().__init__(f"{name}: {why or FIELDS[name]}")
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
    currency: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    amount_min: int | None = None
    amount_max: int | None = None
    account: str | None = None
    counterparty: str | None = None
    transfer: str | None = None
    text: str | None = None
    origin: tuple[str, ...] = ()
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
    def is_a_time(self) -> bool:
        """Whether it says whose and when alone, and so leaves out nothing that moved on an account then."""
        return not set(self.as_asked()) - {"from", "to", "zone", "after", "upto", "account", "user"}

    @property
    def names_a_party(self) -> bool:
        """Whether it depends on who paid and got, which no statistics of a file can tell."""
        return any(party is not None for party in (self.user_id, self.account, self.counterparty))

    def may_be_in(self, file: LakeFile) -> bool:
        """False where none of the file's rows can pass."""
        return not (
            (self.from_ is not None and file.last_at < self.from_)
            or (self.to is not None and file.first_at >= self.to)
            or (self.after is not None and file.last_position <= self.after)
            or (self.upto is not None and file.first_position > self.upto)
        )

    def as_asked(self) -> dict[str, Any]:
        """The filters that are set, by their names in a query; what may have several values is a list."""
        values = {name.rstrip("_"): value for name, value in asdict(self).items() if name != "user_id"}
        return {
            name: list(value) if name in MANY else value
            for name, value in values.items()
            if value is not None and value != ()
        }


def selection_of(query: Mapping[str, object]) -> Selection:
    """Read a query's filters: each a text or, where it may have several values, a list of them. Empty texts are none.

    Whole numbers may be numbers, too, as JSON has them.

    Raises:
        BadFilterError: a value is not usable.
    """
    asked = {name: texts for name in FIELDS if (texts := _texts(name, query.get(name)))}
    for name, texts in asked.items():
        if len(texts) > 1 and name not in MANY:
            raise BadFilterError(name, f"one is expected, and {len(texts)} came")
    zone = _read("zone", asked.get("zone", ["UTC"])[0], "UTC")
    values: dict[str, Any] = {}
    for name, texts in asked.items():
        read = [_read(name, text, zone) for text in texts]
        values["from_" if name == "from" else name] = tuple(sorted(set(read))) if name in MANY else read[0]
    return _consistent(Selection(**values))


def _texts(name: str, value: object) -> list[str]:
    each = value if isinstance(value, list | tuple) else [] if value is None else [value]
    if not all(isinstance(one, str) or type(one) is int for one in each):
        raise BadFilterError(name)
    return [text for one in each if (text := str(one).strip())]


def _consistent(selection: Selection) -> Selection:
    """What can't be meant would show nothing, which looks as if there were nothing."""
    bounds = {"amount_min": selection.amount_min, "amount_max": selection.amount_max}
    for name, bound in bounds.items():
        # Minor units of different currencies can't be compared.
        if bound is not None and len(selection.currency) != 1:
            raise BadFilterError(name, "name the one currency that it is in")
    least, most = bounds.values()
    if least is not None and most is not None and least > most:
        raise BadFilterError("amount_max", "it is less than amount_min")
    if selection.from_ is not None and selection.to is not None and selection.from_ >= selection.to:
        raise BadFilterError("to", "it is not after from")
    return selection


@cache
def zones() -> frozenset[str]:
    """The time zones of IANA that this machine knows, without the names that mean another one on each machine."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


def _read(name: str, text: str, zone: str) -> Any:
    if name in ("from", "to"):
        return _moment(name, text, ZoneInfo(zone))
    if name in _INTEGERS:
        if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= MAX_INTEGER):
            raise BadFilterError(name)
        return int(text)
    allowed = {"currency": currencies, "zone": zones}.get(name, lambda: _CHOICES.get(name))()
    if len(text) > TEXT_MAX or not text.isprintable() or (allowed is not None and text not in allowed):
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
