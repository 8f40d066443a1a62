"""Money is an integer of minor units and an ISO 4217 currency. Never a float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.numbers import format_currency, get_currency_precision

MAX_MINOR_UNITS = 2**53 - 1
"""The largest amount, in minor units: beyond it JSON numbers stop being exact everywhere (RFC 8259, section 6)."""


class InvalidAmount(ValueError):
    """The text is not an amount of that currency."""


@dataclass(frozen=True)
class Money:
    """An amount in minor units (1250 is EUR 12.50, JPY 1,250) of one currency."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool) or not isinstance(self.amount, int):
            raise TypeError(f"an amount is an int of minor units, not {type(self.amount).__name__}")
        if self.currency not in currencies():
            raise ValueError(f"not an ISO 4217 currency: {self.currency!r}")

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """Read what a person typed: '12.50', '12,5', '1250'. Plain digits with at most the currency's decimals.

        Grouping is refused, since it is a guess: '1,000' may mean one or a thousand.

        Raises:
            InvalidAmount: anything else, a sign included, or beyond MAX_MINOR_UNITS.
        """
        decimals = get_currency_precision(currency)
        written = re.fullmatch(r"([0-9]{1,16})(?:[.,]([0-9]+))?", text.strip())
        if written is None or len(written[2] or "") > decimals:
            raise InvalidAmount(f"{text[:40]!r} is not an amount in {currency}")
        amount = int(written[1] + (written[2] or "").ljust(decimals, "0"))
        if amount > MAX_MINOR_UNITS:
            raise InvalidAmount(f"{text[:40]!r} is too large")
        return cls(amount, currency)

    def decimal(self) -> Decimal:
        """The amount in the currency's main unit, exact."""
        return Decimal(self.amount).scaleb(-get_currency_precision(self.currency))

    def format(self, locale: str = "en") -> str:
        """For a person's eye: '€12.50'."""
        return format_currency(self.decimal(), self.currency, locale=locale)


@cache
def currencies() -> frozenset[str]:
    """The codes of ISO 4217 that Unicode's CLDR knows."""
    return frozenset(Locale("en").currencies)
