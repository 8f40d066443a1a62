"""How the entries of an account are chained: what the ledger's writer writes and what anybody may check.

Only the definition is shared. Who audits the ledger folds its history with code of their own, so that a mistake of the
writer's arithmetic isn't made twice.
"""

from __future__ import annotations

import hashlib

GENESIS_HASH = "0" * 64
"""What stands for the previous hash in an account's first entry."""
WORLD = "world"
"""The origin of the accounts that stand for everything outside the platform, the only ones that may be negative."""


def entry_hash(
    previous: str, account: str, seq: int, amount: int, balance_after: int, transfer_id: str, position: int
) -> str:
    """SHA-256, in hex, over the hash of the account's previous entry and everything that this entry says.

    `seq` counts the account's entries from 1; `amount` is signed and, like `balance_after`, in minor units;
    `transfer_id` is the id of the command that was decided; `position` is the journal's.
    """
    text = f"{previous}|{account}|{seq}|{amount}|{balance_after}|{transfer_id}|{position}"
    return hashlib.sha256(text.encode()).hexdigest()
