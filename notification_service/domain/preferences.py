"""What a person wants to be told, by which way, and from which amounts on their own payments are watched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from contracts.notices import Kind
from notification_service.domain.kinds import family_of
from notification_service.domain.notification import Channel


class Subject(StrEnum):
    """The kinds of notifications, as few as a person has an opinion about."""

    PAYMENTS = "payments"
    REJECTED = "rejected"
    SCHEDULED = "scheduled"
    HOLDS = "holds"
    ACCOUNTS = "accounts"
    WATCH = "watch"
    REPORTS = "reports"
    SECURITY = "security"


_BY_FAMILY = {
    "transfer": Subject.PAYMENTS,
    "hold": Subject.HOLDS,
    "account": Subject.ACCOUNTS,
    "welcome": Subject.ACCOUNTS,
    "webhook": Subject.ACCOUNTS,
    "security": Subject.SECURITY,
    "watch": Subject.WATCH,
    "report": Subject.REPORTS,
}
_OF_THEIR_OWN = {
    Kind.REJECTED: Subject.REJECTED,
    Kind.SCHEDULED: Subject.SCHEDULED,
    Kind.CALLED_OFF: Subject.SCHEDULED,
}
SUBJECTS: Mapping[str, Subject] = {
    kind: _OF_THEIR_OWN.get(kind) or _BY_FAMILY[family_of(kind)] for kind in Kind if family_of(kind) in _BY_FAMILY
}
"""An alert has none: it goes to operators, who are not asked."""

Choice = tuple[Subject, Channel]
ALWAYS: frozenset[Choice] = frozenset({(Subject.SECURITY, Channel.INBOX), (Subject.SECURITY, Channel.EMAIL)})
"""Not to be switched off: whoever has got into an account would begin with that."""
_BY_EMAIL = {Subject.REJECTED, Subject.ACCOUNTS, Subject.WATCH, Subject.REPORTS, Subject.SECURITY}
DEFAULT: Mapping[Choice, bool] = MappingProxyType(
    {
        (subject, channel): channel is not Channel.EMAIL or subject in _BY_EMAIL
        for subject in Subject
        for channel in Channel
    }
)
"""The inbox has everything, an e-mail tells what needs attention or was asked for, and a webhook endpoint says itself
what it wants."""

# From which amount on a payment is a large one, in main units: what EUR 500 buys, roughly, in round numbers.
_LARGE = {
    **dict.fromkeys(("EUR", "USD", "GBP", "CHF"), 500),
    **dict.fromkeys(("AUD", "CAD", "NZD", "SGD"), 800),
    **dict.fromkeys(("DKK", "NOK", "SEK", "CNY", "HKD"), 4_000),
    **dict.fromkeys(("BRL", "ILS", "PLN", "RON"), 2_000),
    **dict.fromkeys(("CZK", "MXN", "ZAR", "TRY", "THB"), 12_000),
    "INR": 50_000,
    "JPY": 80_000,
    "HUF": 200_000,
    "KRW": 800_000,
}
_LOW_PART = 20
_WITHOUT_DECIMALS = ("JPY", "KRW")
LARGE_BY_DEFAULT: Mapping[str, int] = {
    currency: amount if currency in _WITHOUT_DECIMALS else amount * 100 for currency, amount in _LARGE.items()
}
"""Minor units by currency. In any other currency nothing is large, or low, until its owner has said from when on."""
LOW_BY_DEFAULT: Mapping[str, int] = {currency: amount // _LOW_PART for currency, amount in LARGE_BY_DEFAULT.items()}
MANY_MAX = 30
"""The most payments that can be asked for as many; also how many moments are remembered of an account."""
MINUTES_MAX = 60


@dataclass(frozen=True, slots=True)
class Many:
    """So many payments within so many minutes: 2 to MANY_MAX, 1 to MINUTES_MAX."""

    count: int = 10
    minutes: int = 10


@dataclass(frozen=True, slots=True)
class Watch:
    """When a person's own payments are worth a word more. Amounts are minor units by currency; None: not at all.

    `large_transfer`: from this amount on. `low_balance`: when the balance falls below it.
    """

    large_transfer: Mapping[str, int | None] = field(default_factory=dict)
    low_balance: Mapping[str, int | None] = field(default_factory=dict)
    first_to_payee: bool = True
    many_transfers: Many | None = field(default_factory=Many)

    def large_from(self, currency: str) -> int | None:
        """The amount in this currency, the default where nothing was chosen."""
        chosen = self.large_transfer
        return chosen[currency] if currency in chosen else LARGE_BY_DEFAULT.get(currency)

    def low_below(self, currency: str) -> int | None:
        """The amount in this currency, the default where nothing was chosen."""
        chosen = self.low_balance
        return chosen[currency] if currency in chosen else LOW_BY_DEFAULT.get(currency)


@dataclass(frozen=True, slots=True)
class Preferences:
    """Of one person. `channels` has what they chose; what isn't there is as by DEFAULT, also what a later release
    adds."""

    channels: Mapping[Choice, bool] = field(default_factory=dict)
    watch: Watch = field(default_factory=Watch)

    def wants(self, subject: Subject, channel: Channel) -> bool:
        """Whether the person is told of this by that way."""
        choice = (subject, channel)
        return choice in ALWAYS or self.channels.get(choice, DEFAULT[choice])


UNCHANGED = Preferences()
"""Those of everybody who has chosen nothing."""
