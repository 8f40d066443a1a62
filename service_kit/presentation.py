"""How times, money and counts are told to people, the same on every page: filters that all templates have."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from flask_babel import format_date, format_decimal, get_locale

from contracts.money import Money


def install_filters(app: Flask) -> None:
    """`money`, `moment`, `day`, `clock`, `count`."""
    app.jinja_env.filters.update(money=money, moment=moment, day=day, clock=clock, count=count)


def money(amount: int, currency: str) -> str:
    """Minor units as a person writes them, in the reader's language: €12.50."""
    return Money(amount, currency).format(str(get_locale() or "en"))


def moment(at: datetime | str) -> str:
    """Date and time: Nov 22, 2026, 13:05:09 UTC. Takes RFC 3339 text too, since that is how our APIs tell it."""
    return f"{day(at)}, {clock(at)} UTC"


def day(at: datetime | str) -> str:
    """The date in UTC, in the order of the reader's language: Nov 22, 2026. A day alone is one of UTC."""
    return str(format_date(_utc(at), "medium"))


def clock(at: datetime | str, milliseconds: bool = False) -> str:
    """The time of day in UTC, to the second, or to the millisecond where that matters."""
    text = _utc(at).strftime("%H:%M:%S.%f")
    return text[:12] if milliseconds else text[:8]


def count(value: float | None) -> str:
    """A whole number, its thousands apart."""
    return "–" if value is None else str(format_decimal(round(value)))


def _utc(at: datetime | str) -> datetime:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
