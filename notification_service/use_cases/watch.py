"""The rules over transfers, for a batch of events: one reading of what they remember, one writing of it at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from notification_service.domain import UNCHANGED, Paying, Preferences, Spree
from notification_service.domain.watching import by_amount, first_to, many, paying
from notification_service.ports import Owned, Pair, Payments
from notification_service.use_cases.tell import Told
from service_kit.kafka import Message


@dataclass(frozen=True, slots=True)
class Seen:
    """What a batch came to: what is to be told, and what is to be remembered of its accounts once that is stored."""

    told: list[Told] = field(default_factory=list)
    accounts: dict[str, Owned] = field(default_factory=dict)


class WatchPayments:
    """Looks at payments, and remembers.

    Whom a person has paid first is written as it is found out, for good. How often an account has paid is written by
    `remember`, after the notices of the batch are stored: a process that is killed in between finds them again.
    """

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    def look(self, messages: Sequence[Message], preferences: Mapping[str, Preferences]) -> Seen:
        """What is worth a word more in these events. Raises PyMongoError."""
        found = [(paid, message.traceparent) for message in messages if (paid := paying(message.event)) is not None]
        sent = [(paid, traceparent) for paid, traceparent in found if paid.is_sending]
        seen = Seen()
        for paid, traceparent in found:
            watch = preferences.get(paid.user_id, UNCHANGED).watch
            seen.told.extend((notice, traceparent) for notice in by_amount(paid, watch))
        seen.told.extend(self._first(sent, preferences))
        self._many(sent, preferences, seen)
        return seen

    def remember(self, seen: Seen) -> None:
        """After what was told is stored. Raises PyMongoError."""
        self._payments.remember(seen.accounts)

    def _first(self, sent: Sequence[tuple[Paying, str | None]], preferences: Mapping[str, Preferences]) -> list[Told]:
        pairs = [(paid, payee, traceparent) for paid, traceparent in sent for payee in paid.payees]
        if not pairs:
            return []
        # Everybody's are noted: who switches the rule on later has known payees.
        first = self._payments.first([Pair(paid.user_id, payee, paid.event["event_id"]) for paid, payee, _ in pairs])
        return [
            (first_to(paid, payee), traceparent)
            for (paid, payee, traceparent), is_first in zip(pairs, first, strict=True)
            if is_first and preferences.get(paid.user_id, UNCHANGED).watch.first_to_payee
        ]

    def _many(
        self, sent: Sequence[tuple[Paying, str | None]], preferences: Mapping[str, Preferences], seen: Seen
    ) -> None:
        sprees = self._payments.sprees({paid.account for paid, _ in sent})
        for paid, traceparent in sent:
            wanted = preferences.get(paid.user_id, UNCHANGED).watch.many_transfers
            before = sprees.get(paid.account, Spree())
            after, notice = many(paid, before, wanted)
            if after is before:
                continue
            sprees[paid.account] = after
            seen.accounts[paid.account] = Owned(paid.user_id, paid.event["transfer"]["currency"], after)
            if notice is not None:
                seen.told.append((notice, traceparent))
