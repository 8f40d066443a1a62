"""What a request's parameters mean. Their shapes are the document's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from notification_service.domain import kinds_named
from notification_service.ports import Filter
from service_kit.errors import InvalidRequest
from service_kit.schemas import is_date

MAX_STAMP = 2**64 - 1
DAY = timedelta(days=1)


def as_number(text: str, least: int, most: int) -> int | None:
    """The number that plain digits spell, if it lies in the range."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
        return None
    return int(text) if least <= int(text) <= most else None


def filter_of(asked: dict[str, Any]) -> Filter:
    """The filter that is asked for; raises InvalidRequest for a period that ends before it begins."""
    since, until = _edge("from", asked), _edge("to", asked)
    if since and until and until < since:
        mistake = {"parameter": "to", "detail": "is before `from`", "code": "period"}
        raise InvalidRequest("The period ends before it begins.", errors=[mistake])
    kinds = kinds_named(asked["kind"]) if "kind" in asked else ()
    return Filter(asked["unread"], asked["archived"], kinds, since, until)


def _edge(name: str, asked: dict[str, Any]) -> datetime | None:
    """A moment, or a date in UTC: its beginning, and as `to` its end. Raises InvalidRequest beyond the calendar, as the
    end of its last day is."""
    text = asked.get(name)
    if text is None:
        return None
    try:
        if not is_date(text):
            return datetime.fromisoformat(text).astimezone(UTC)
        midnight = datetime.combine(date.fromisoformat(text), time(), UTC)
        return midnight + DAY if name == "to" else midnight
    except OverflowError:
        mistake = {"parameter": name, "detail": "is beyond the years that there are", "code": "period"}
        raise InvalidRequest("The calendar ends before this.", errors=[mistake]) from None
