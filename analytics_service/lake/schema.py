"""The columns of the lake's files: explicit, so that a batch without a single reason has a column of reasons too."""

from __future__ import annotations

import pyarrow as pa

TIME = pa.timestamp("ms", tz="UTC")

PAYEE = pa.struct(
    [
        ("account", pa.string()),
        ("user_id", pa.string()),
        ("amount", pa.int64()),
        ("balance_after", pa.int64()),
        ("origin", pa.string()),
    ]
)

LAKE = pa.schema(
    [
        pa.field("position", pa.int64(), nullable=False),
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("occurred_at", TIME, nullable=False),
        pa.field("consumed_at", TIME, nullable=False),
        # Known once the file is in the manifest; filled in when files are merged.
        pa.field("committed_at", TIME),
        pa.field("origin", pa.string()),
        pa.field("currency", pa.string(), nullable=False),
        # Of a transfer. Amounts are minor units.
        pa.field("type", pa.string()),
        pa.field("status", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("amount", pa.int64()),
        pa.field("payer_account", pa.string()),
        pa.field("payer_user_id", pa.string()),
        pa.field("payer_balance_after", pa.int64()),
        pa.field("payees", pa.list_(PAYEE), nullable=False),
        # Of an account.
        pa.field("account", pa.string()),
        pa.field("user_id", pa.string()),
        pa.field("purpose", pa.string()),
        # Of a transfer, since transfers have a life of several records. Files from before haven't got these columns,
        # and read as if nothing stood in them: so a new column may be empty, and an old one is never dropped.
        pa.field("transfer_id", pa.string()),
        pa.field("original", pa.string()),
        pa.field("expires_at", TIME),
    ]
)
"""One row per position of the journal."""

LEGS = pa.schema(
    [
        ("position", pa.int64()),
        ("event_id", pa.string()),
        ("transfer_id", pa.string()),
        ("occurred_at", TIME),
        ("type", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("original", pa.string()),
        ("amount", pa.int64()),
        ("currency", pa.string()),
        ("origin", pa.string()),
        ("payer_account", pa.string()),
        ("payer_user_id", pa.string()),
        ("payee_account", pa.string()),
        ("payee_user_id", pa.string()),
        ("payer_balance_after", pa.int64()),
        ("payee_balance_after", pa.int64()),
        ("direction", pa.string()),
        ("counted", pa.int64()),
        ("counted_by_direction", pa.int64()),
    ]
)
"""What reports are made of: one row per record of a transfer and payee, `amount` being what that payee got, or was to.

`direction` is as the viewer sees it: `in`, `out`, `own` (between two accounts of theirs), or `all` for the platform.
`counted` is 1 in one leg of each record and 0 in its others, so that its sum counts records, however many payees they
have. `counted_by_direction` is 1 once for each direction, for who pays others and themselves in one transfer.
The balances are those after what was posted, in minor units; of what moved nothing they say 0.
"""
