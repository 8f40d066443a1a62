"""The journal folded in order: each account as its entries say it must be, and every place where they contradict.

The writer's own replay (`transaction_service.verify`) is other code on purpose: only the definition of the hash is
shared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from contracts.ledger_chain import GENESIS_HASH, entry_hash
from contracts.moments import rfc3339
from monitoring.audit.breaches import Breach, Kind
from monitoring.audit.counters import Counters
from monitoring.audit.first_seen import FirstSeen
from monitoring.audit.transfers import Kept, Transfers

MOST_KEPT = 100
"""How many breaches of a kind are kept to be named; all are counted."""
PLANS_COUNTED = 2
"""The first rules (docs/decisions/0064) by which an account counts the scheduled transfers that it is to pay."""
UNKNOWN_CURRENCY = "unknown"
"""Of entries on an account that the journal never opened."""


class Folded(NamedTuple):
    """An account as the journal has it; `position` is where it was last moved (or opened).

    `opened` is what its opening says: user_id, currency, purpose and origin; None where the journal opens no such
    account. Amounts are minor units.
    """

    balance: int = 0
    seq: int = 0
    last_hash: str = GENESIS_HASH
    position: int = 0
    opened: tuple[Any, ...] | None = None


class Standing(NamedTuple):
    """What is so of few accounts at a time: the sums of holds, in minor units; a status; limits of one's own; how many
    scheduled transfers it is to pay."""

    pending_in: int = 0
    pending_out: int = 0
    status: str = "open"
    limits: Mapping[str, int] | None = None
    plans: int = 0


class Fold:
    """The state after the records up to `position`, which are documents of the journal.

    `totals` is the sum of all balances per currency, in minor units; `broken` are the accounts with an entry that is
    not as it was booked.
    """

    def __init__(self, first_seen: FirstSeen) -> None:
        self.position = 0
        self.accounts: dict[str, Folded] = {}
        self.standings: dict[str, Standing] = {}
        self.counters = Counters()
        self.transfers = Transfers()
        self._mains: dict[tuple[str, str], str] = {}
        self.totals: Counter[str] = Counter()
        self.counts: Counter[Kind] = Counter()
        self.breaches: dict[tuple[Kind, str, int], Breach] = {}
        self.broken: set[str] = set()
        self._first_seen = first_seen

    def accept(self, record: Mapping[str, Any], raw: bytes) -> None:
        """Take the next record, in the order of position; `raw` are its bytes as they are stored."""
        position = record["_id"]
        if not isinstance(position, int):
            found = f"position {position!r}"
            self._note(Breach(Kind.CHAIN, payer_of(record), self.position, "positions that count up from 1", found))
            return
        self.ends_before(position)
        self.position = position
        wrong = self._read(record)
        if self._first_seen.differs(position, raw, sound=not wrong) and not wrong:
            wrong = [
                Breach(Kind.CHAIN, payer_of(record), position, "the record as it was first read", "another content")
            ]
        for breach in wrong:
            self._note(breach)

    def ends_before(self, position: int) -> None:
        """There is no record between the last one and `position`; where there should be, that is a gap."""
        missing = position - self.position - 1
        if missing > 0:
            first = self.position + 1
            self._note(Breach(Kind.GAP, "", first, f"a record at position {first}", f"none below {position}", missing))
            self.position = position - 1

    def _read(self, record: Mapping[str, Any]) -> list[Breach]:
        try:
            wrong = self._opens(record) + self._moves(record)
            self._stand(record)
            if "payer" in record["body"]:
                self._follow(record)
            return wrong
        except (KeyError, TypeError, AttributeError) as error:
            # Whoever edits by hand may also break the shape.
            found = f"{type(error).__name__}: {error}"
            return [Breach(Kind.CHAIN, payer_of(record), record["_id"], "a record as the ledger writes it", found)]

    def _opens(self, record: Mapping[str, Any]) -> list[Breach]:
        if record["outcome"] != "opened":
            return []
        opened = record["body"]["account"]
        account, position = opened["id"], record["_id"]
        if account in self.accounts:
            return [Breach(Kind.CHAIN, account, position, "no account of this id", "opened once more")]
        said = tuple(opened[name] for name in ("user_id", "currency", "purpose", "origin"))
        self.accounts[account] = Folded(position=position, opened=said)
        self.totals[said[1]] += 0
        if opened["purpose"] == "main" and opened["user_id"] is not None:
            self._mains[opened["user_id"], opened["currency"]] = account
        return []

    def _stand(self, record: Mapping[str, Any]) -> None:
        """Holds, what became of an account, and the limits that were set for its owner."""
        outcome, body = record["outcome"], record["body"]
        for change in record.get("pending", ()):
            before = self.standings.get(change["account"], Standing())
            pending_in, pending_out = before.pending_in + change["in"], before.pending_out + change["out"]
            self.standings[change["account"]] = before._replace(pending_in=pending_in, pending_out=pending_out)
        if "account" in body and outcome != "opened":
            account = body["account"]["id"]
            before = self.standings.get(account, Standing())
            changed = {"limits": body["limits"] or None} if "limits" in body else {"status": body["account"]["status"]}
            self.standings[account] = before._replace(**changed)

    def _follow(self, record: Mapping[str, Any]) -> None:
        """What a record makes of a transfer, and what is counted for its payer's limits."""
        outcome, body = record["outcome"], record["body"]
        spender = self._count(record, body) if outcome in ("posted", "pending") else None
        ended = self.transfers.accept(record, spender)
        if outcome == "scheduled":
            self._plan(record, body["payer"]["account"], 1)
        elif ended and ended.plan is not None:
            self._plan(record, ended.payer, -1)
        if ended and ended.spender and outcome in ("captured", "voided", "expired"):
            self._give_back(record, body, ended)

    def _plan(self, record: Mapping[str, Any], payer: str, more: int) -> None:
        if record.get("rules", 1) >= PLANS_COUNTED:
            before = self.standings.get(payer, Standing())
            # One made by older rules was not counted.
            self.standings[payer] = before._replace(plans=max(0, before.plans + more))

    def _count(self, record: Mapping[str, Any], body: Mapping[str, Any]) -> str | None:
        if body["type"] != "payment":
            return None
        payer = self.accounts[body["payer"]["account"]].opened
        if payer is None or payer[0] is None:
            return None
        parts = [(payee["account"], payee["amount"]) for payee in body["payees"] if self._is_other(payee, payer[0])]
        if not parts:
            return None
        spender = self._mains[payer[0], payer[1]]
        self.counters.count(payer[0], spender, parts, record["at"])
        return spender

    def _give_back(self, record: Mapping[str, Any], body: Mapping[str, Any], ended: Kept) -> None:
        """While it is still the day of the hold: only one for a single payee may have been captured in part."""
        captured = record["outcome"] == "captured"
        unused = body["held"] - body["amount"] if captured else body["amount"]
        if unused == 0 or body["pending_at"][:10] != rfc3339(record["at"])[:10]:
            return
        user = (self.accounts[ended.payer].opened or (None,))[0]
        payees = [payee for payee in body["payees"] if self._is_other(payee, user)]
        parts = [(payee["account"], unused if captured else payee["amount"]) for payee in payees]
        self.counters.give_back(user, ended.spender or "", parts, record["at"])

    def _is_other(self, payee: Mapping[str, Any], user: str) -> bool:
        known = self.accounts.get(payee["account"])
        return known is None or known.opened is None or known.opened[0] != user

    def _moves(self, record: Mapping[str, Any]) -> list[Breach]:
        position, total = record["_id"], 0
        wrong = []
        for entry in record["entries"]:
            total += entry["amount"]
            breach = self._entry(entry, record["command_id"], position)
            if breach:
                wrong.append(breach)
        if total:
            wrong.append(
                Breach(Kind.UNBALANCED, payer_of(record), position, "entries that sum to 0", str(total), abs(total))
            )
        return wrong

    def _entry(self, entry: Mapping[str, Any], transfer_id: str, position: int) -> Breach | None:
        account, amount = entry["account"], entry["amount"]
        before = self.accounts.get(account) or Folded()
        seq, balance = before.seq + 1, before.balance + amount
        digest = entry_hash(before.last_hash, account, seq, amount, balance, transfer_id, position)
        if entry["hash"] == digest and entry["seq"] == seq and entry["balance_after"] == balance:
            self._set(account, before, Folded(balance, seq, digest, position, before.opened))
            return None
        expected = f"entry {seq}, balance {balance}, hash {digest[:12]}"
        found = f"entry {entry['seq']}, balance {entry['balance_after']}, hash {str(entry['hash'])[:12]}"
        size = max(1, abs(entry["balance_after"] - balance))
        # One altered entry is one breach, and not one more with each entry that follows: where the hash holds, what
        # was computed is the truth and a copy of it was altered; else what was booked then is the best guess there is.
        if entry["hash"] != digest:
            seq, balance, digest = entry["seq"], entry["balance_after"], entry["hash"]
        self._set(account, before, Folded(balance, seq, digest, position, before.opened))
        return Breach(Kind.CHAIN, account, position, expected, found, size)

    def _set(self, account: str, before: Folded, after: Folded) -> None:
        self.accounts[account] = after
        self.totals[before.opened[1] if before.opened else UNKNOWN_CURRENCY] += after.balance - before.balance

    def _note(self, breach: Breach) -> None:
        self.counts[breach.kind] += breach.size if breach.kind is Kind.GAP else 1
        if breach.kind is Kind.CHAIN:
            if breach.account in self.broken:
                return
            self.broken.add(breach.account)
        if sum(1 for kept in self.breaches.values() if kept.kind is breach.kind) < MOST_KEPT:
            self.breaches[breach.place] = breach


def payer_of(record: Mapping[str, Any]) -> str:
    """The account to name for a record as a whole."""
    key = record.get("partition_key")
    return key if isinstance(key, str) else ""
