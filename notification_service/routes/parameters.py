"""Reading query parameters, strictly."""

from __future__ import annotations

from flask import request

from contracts.money import MAX_MINOR_UNITS
from notification_service.domain import ORDER
from service_kit.errors import InvalidRequest

MAX_STAMP = 2**64 - 1


def whole_number(name: str, default: int | None = None, least: int = 0, most: int = MAX_MINOR_UNITS) -> int:
    """The parameter as a number of that range; raises InvalidRequest, also where it is missing and has no default."""
    text = request.args.get(name)
    if text is None and default is not None:
        return default
    number = as_number(text or "", least, most)
    if number is None:
        raise InvalidRequest(f"The parameter {name} is a whole number from {least} to {most}.", parameter=name)
    return number


def as_number(text: str, least: int, most: int) -> int | None:
    """The number that plain digits spell, if it lies in the range."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
        return None
    return int(text) if least <= int(text) <= most else None


def flag(name: str) -> bool:
    """`true` or `false`, which is the default; raises InvalidRequest."""
    text = request.args.get(name, "false")
    if text not in ("true", "false"):
        raise InvalidRequest(f"The parameter {name} is true or false.", parameter=name)
    return text == "true"


def order_before(name: str) -> str | None:
    """Where a page begins; raises InvalidRequest."""
    text = request.args.get(name)
    if text is not None and not ORDER.match(text):
        raise InvalidRequest(f"The parameter {name} is the next_cursor of an earlier page.", parameter=name)
    return text
