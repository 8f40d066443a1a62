"""The rules over payments, for a batch of events: two questions to the store, whatever their number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from notification_service.domain import UNCHANGED, Found, Paying, Preferences, Watch
from notification_service.domain.watching import by_amount, first_to, many
from notification_service.ports import Pair, Payments

Finding = tuple[Paying, Found]


class WatchPayments:
    """Looks at payments. What it knows of those before is what was told of them, and whom each person paid first."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    def look(
        self, batch: Sequence[Paying], preferences: Mapping[str, Preferences]
    ) -> dict[tuple[str, str], tuple[Found, ...]]:
        """What is worth a word more in these events, each of them once, by event and payer. Raises PyMongoError."""
        ordered = sorted(batch, key=lambda paid: paid.position)
        sent = [paid for paid in ordered if paid.is_sending]
        watches = {paid.user_id: preferences.get(paid.user_id, UNCHANGED).watch for paid in ordered}
        by_now = ((paid, found) for paid in ordered for found in by_amount(paid, watches[paid.user_id]))
        findings: dict[tuple[str, str], tuple[Found, ...]] = {}
        for paid, found in (*by_now, *self._first(sent, watches), *self._many(sent, watches)):
            key = (paid.event["event_id"], paid.user_id)
            findings[key] = (*findings.get(key, ()), found)
        return findings

    def _first(self, sent: Sequence[Paying], watches: Mapping[str, Watch]) -> Iterator[Finding]:
        pairs = [(paid, payee) for paid in sent for payee in paid.payees]
        # Everybody's are noted: who switches the rule on later has known payees.
        first = self._payments.first([Pair(paid.user_id, payee, paid.event["event_id"]) for paid, payee in pairs])
        for (paid, payee), is_first in zip(pairs, first, strict=True):
            if is_first and watches[paid.user_id].first_to_payee:
                yield paid, first_to(payee)

    def _many(self, sent: Sequence[Paying], watches: Mapping[str, Watch]) -> Iterator[Finding]:
        """Payments of one account come in the order of their positions: those before this batch were told, and are
        asked for; those within it are counted here."""
        counted = {user_id: watch.many_transfers for user_id, watch in watches.items() if watch.many_transfers}
        sent = [paid for paid in sent if paid.user_id in counted]
        positions = {paid.account: paid.position for paid in reversed(sent)}
        most = max((wanted.count for wanted in counted.values()), default=0)
        times = self._payments.before(positions, most)
        for paid in sent:
            before, at_ms = times.get(paid.account, []), paid.at_ms
            found = many(before, at_ms, counted[paid.user_id])
            if found is not None:
                yield paid, found
            times[paid.account] = [*before, at_ms][-most:]
