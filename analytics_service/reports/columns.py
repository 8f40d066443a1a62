"""Every column that a report's answer may have, described once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["integer", "money", "text", "moment"]


@dataclass(frozen=True)
class Column:
    """`kind`: money is an integer of minor units of the row's currency, a moment RFC 3339 in UTC."""

    name: str
    kind: Kind
    description: str


COLUMNS = {
    column.name: column
    for column in (
        Column("currency", "text", "ISO 4217"),
        Column("type", "text", "of transfer"),
        Column("direction", "text", "in, out or own as the person sees it; all of the platform"),
        Column("status", "text", "how it ended"),
        Column("reason", "text", "why it was rejected; nothing otherwise"),
        Column("account", "text", "an account's id"),
        Column("side", "text", "payers or payees"),
        Column("start", "moment", "the first moment of the period"),
        Column("period", "text", "the period in the zone: 2026-03-29T02:00+01:00, 2026-03-29, 2026-W13"),
        Column("weekday", "integer", "1 is Monday, 7 is Sunday (ISO 8601)"),
        Column("hour", "integer", "of the day, 0 to 23"),
        Column("posted", "integer", "transfers posted"),
        Column("rejected", "integer", "transfers rejected"),
        Column("transfers", "integer", "how many"),
        Column("amount", "money", "what was posted; of a statement signed, as the account sees it"),
        Column("parts", "integer", "what payees got: a transfer to three has three parts"),
        Column("least", "money", "the smallest part"),
        Column("p50", "money", "the median: the smallest part that at least half of them don't exceed"),
        Column("p95", "money", "the smallest part that at least 95 of 100 don't exceed"),
        Column("p99", "money", "the smallest part that at least 99 of 100 don't exceed"),
        Column("most", "money", "the largest part"),
        Column("at_least", "money", "the lower end of the class, which belongs to it"),
        Column("below", "money", "the upper end of the class, which doesn't"),
        Column("transfers_in", "integer", "that brought something"),
        Column("amount_in", "money", "what came in"),
        Column("transfers_out", "integer", "that took something"),
        Column("amount_out", "money", "what went out"),
        Column("balance", "money", "after the last of the transfers that the filter selects"),
        Column("last_at", "moment", "the last time"),
        Column("accounts", "integer", "how many share the amount"),
        Column("top_accounts", "integer", "the largest hundredth of them, at least one"),
        Column("top_amount", "money", "what the largest hundredth moved"),
        Column("gini_ppm", "integer", "Gini coefficient in millionths: 0 when all moved the same"),
        Column("hhi", "integer", "Herfindahl-Hirschman index, 0 to 10000: 10000 when one account moved all"),
        Column("active", "integer", "users who paid or were paid"),
        Column("new", "integer", "of the active: for the first time"),
        Column("returning", "integer", "of the active: who had been before"),
        Column("position", "integer", "of the ledger's journal"),
        Column("occurred_at", "moment", "when the ledger decided"),
        Column("transfer_id", "text", "the transfer's id"),
        Column("event_id", "text", "of the record: unique, for ever"),
        Column("original", "text", "the transfer that a refund, a reversal or a refused attempt is about"),
        Column("payer_account", "text", "who paid, or was to"),
        Column("payee_account", "text", "who got it, or was to; nothing where there is no such account"),
        Column("origin", "text", "of the payer's account: user, demo, probe or world"),
        Column("counterparty", "text", "the other account; nothing where there are several"),
        Column("balance_after", "money", "of the account, after this"),
        Column("pattern", "text", "of risk"),
        Column("severity", "text", "low, medium (a score of 150 or more) or high (250 or more)"),
        Column("score", "integer", "in hundredths of the threshold; of a cycle 60 a hop and what percent came back"),
        Column("first_at", "moment", "of the first transfer that proves it"),
        Column("last_at", "moment", "of the last one"),
        Column("others", "integer", "how many other accounts have a part in it"),
        Column("other_accounts", "text", "which, with spaces between"),
        Column("positions", "text", "of the transfers that prove it, with spaces between, as all that follows"),
        Column("transfer_ids", "text", "of each"),
        Column("times", "text", "of each"),
        Column("payers", "text", "the account that paid each"),
        Column("payees", "text", "the account that got each"),
        Column("amounts", "text", "of each, in minor units"),
    )
}
"""By name."""
