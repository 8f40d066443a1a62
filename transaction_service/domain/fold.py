"""The journal folded in order: what its records say that every account, transfer and counter must be.

No rule decides here: money moves as the entries say, holds change as `pending` says, and what counts for limits is
what was booked. So the fold stands beside `decide`, and a record that today's rules would refuse is folded too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from transaction_service.domain.account import Account, Entry, PendingChange
from transaction_service.domain.asked import posting_of
from transaction_service.domain.commands import MAIN, PAYMENT
from transaction_service.domain.findings import Finding, Findings, Kind
from transaction_service.domain.journal import ACCOUNT_DECISIONS, Outcome
from transaction_service.domain.kept import AT_ONCE, Kept
from transaction_service.domain.limits import Moment, Paid, count, count_payee, count_plan, paid_id
from transaction_service.domain.payments import plan_of
from transaction_service.domain.rules import FIRST, SECOND

Document = Mapping[str, Any]

BROKEN_SHAPE = (AssertionError, AttributeError, KeyError, TypeError, ValueError)
"""What reading a record raises that a hand has given another shape."""
_ENDED = (Outcome.CAPTURED, Outcome.VOIDED, Outcome.EXPIRED)
_UNKNOWN = "unknown"


class Fold:
    """The state after the records up to `position`. `only`: of these accounts alone, from the records that name them.

    Memory grows with accounts, with pairs of payer and payee, and with transfers that weren't simply posted; not with
    the length of the journal.
    """

    def __init__(self, findings: Findings, only: frozenset[str] | None = None) -> None:
        self.position = 0
        self.accounts: dict[str, Account] = {}
        self.transfers: dict[str, Kept] = {}
        self.paid: dict[str, Paid] = {}
        self.changed: set[str] = set()
        """The ids of what the last record changed."""
        self._findings = findings
        self._only = only
        self._main: dict[tuple[str, str], str] = {}

    def accept(self, document: Document) -> None:
        """Take the next record, a document of the journal."""
        self.changed.clear()
        position = document["_id"]
        if not isinstance(position, int):
            self._find(Kind.RECORD, None, "positions that count up from 1", f"position {position!r}")
            return
        if self._only is None:
            self.ends_before(position)
        self.position = position
        try:
            self._apply(document)
        except BROKEN_SHAPE as error:
            self._find(Kind.RECORD, _payer(document), "a record as the ledger writes it", f"{error!r}")

    def ends_before(self, position: int) -> None:
        """There is no record between the last one and `position`; where there should be, that is a gap."""
        if position > self.position + 1:
            gap = Finding(Kind.GAP, self.position + 1, None, "a record", f"none below position {position}")
            self._findings.add(gap)
            self.position = position - 1

    def _apply(self, document: Document) -> None:
        outcome, body = Outcome(document["outcome"]), document["body"]
        if outcome is Outcome.OPENED:
            self._open(body["account"])
        elif outcome in ACCOUNT_DECISIONS:
            self._change(outcome, body)
        # Money first: where the rest can't be read, the entries that follow stand on these all the same.
        self._hold(document.get("pending", ()))
        self._book(document)
        if outcome not in ACCOUNT_DECISIONS:
            self._transfer(outcome, document, body)

    def _open(self, opened: Document) -> None:
        fields = ("id", "user_id", "username", "currency", "purpose", "origin")
        account = Account(**{name: opened[name] for name in fields})
        if not self._is_ours(account.id):
            return
        if account.id in self.accounts:
            self._find(Kind.RECORD, account.id, "an account that is new", "opened once more")
            return
        self._put(account)
        if account.purpose == MAIN and account.user_id is not None:
            self._main[account.user_id, account.currency] = account.id

    def _change(self, outcome: Outcome, body: Document) -> None:
        account = self.accounts[body["account"]["id"]]
        if outcome is Outcome.LIMITS_CHANGED:
            self._put(account._replace(limits=body["limits"] or None))
        else:
            self._put(account._replace(status=body["account"]["status"]))

    def _hold(self, changes: Sequence[Document]) -> None:
        for change in changes:
            if self._is_ours(change["account"]):
                account = self.accounts[change["account"]]
                self._put(account.with_pending(PendingChange(account.id, change["out"], change["in"])))

    def _book(self, document: Document) -> None:
        total = 0
        for entry in document["entries"]:
            total += entry["amount"]
            if self._is_ours(entry["account"]):
                self._enter(entry, document)
        if total:
            self._find(Kind.UNBALANCED, _payer(document), "entries that sum to 0", str(total))

    def _enter(self, entry: Document, document: Document) -> None:
        id = entry["account"]
        # Entries on an account that was never opened are found when the accounts are compared.
        before = self.accounts.get(id) or Account(id, None, None, document["body"]["currency"], _UNKNOWN, _UNKNOWN)
        after, due = before.move(entry["amount"], document["command_id"], self.position)
        if (entry["seq"], entry["balance_after"], entry["hash"]) != (due.seq, due.balance_after, due.hash):
            self._find(Kind.CHAIN, id, _told(due), _told(Entry(**entry)))
            if entry["hash"] != due.hash:
                # One altered entry is one finding and not one more with each that follows: those stand on what was
                # booked, so what is stored is the best guess there is.
                after = before._replace(posted=entry["balance_after"], seq=entry["seq"], last_hash=entry["hash"])
        self._put(after)

    def _transfer(self, outcome: Outcome, document: Document, body: Document) -> None:
        payer = body["payer"]["account"]
        if not self._is_ours(payer if outcome is not Outcome.REFUNDED else body["payees"][0]["account"]):
            return
        if outcome in (Outcome.POSTED, Outcome.PENDING):
            spender = self._count(document, body)
        id, position = body["id"], self.position
        if outcome is Outcome.PENDING:
            self._keep(id, Kept(payer, position, position, body["status"], spender))
        elif outcome is Outcome.SCHEDULED:
            plan = plan_of(posting_of(document), payer)
            self._keep(id, Kept(payer, position, position, body["status"], plan=plan))
            self._plan(document, payer, 1)
        elif outcome is Outcome.REFUNDED:
            self._refund(body)
        elif document.get("of") == id:
            # What was decided about a transfer; an attempt that was refused has an id of its own.
            kept = self.transfers[id]
            if outcome in _ENDED and kept.status == "pending":
                self._give_back(document, body, kept)
            if kept.plan is not None:
                self._plan(document, kept.payer, -1)
            self._keep(id, kept._replace(last=position, status=body["status"], plan=None))

    def _plan(self, document: Document, payer: str, more: int) -> None:
        """A scheduled transfer was made or has ended; older rules didn't count them."""
        if document.get("rules", FIRST) >= SECOND:
            self._put(count_plan(self.accounts[payer], more))

    def _refund(self, body: Document) -> None:
        original, payee, amount = body["original"], body["payer"]["account"], body["amount"]
        kept = self.transfers.get(original) or AT_ONCE._replace(payer=body["payees"][0]["account"])
        refunded = {**kept.refunded, payee: kept.refunded.get(payee, 0) + amount}
        self._keep(original, kept._replace(refunded=refunded))

    def _count(self, document: Document, body: Document) -> str | None:
        """Count what a person pays to others; returns the account that counts for its owner."""
        payer = self.accounts[body["payer"]["account"]]
        if body["type"] != PAYMENT or payer.user_id is None:
            return None
        parts = self._to_others(payer, [(payee["account"], payee["amount"]) for payee in body["payees"]])
        spender = self._main[payer.user_id, payer.currency] if parts else None
        if spender is not None:
            self._sent(spender, parts, Moment.of(document["at"]))
        return spender

    def _give_back(self, document: Document, body: Document, kept: Kept) -> None:
        """A hold gives back what it didn't use, while it is still the day on which it was counted."""
        payees = [(payee["account"], payee["amount"]) for payee in body["payees"]]
        if "held" in body:
            # Only a hold for one payee is captured in part.
            payees = [(payees[0][0], body["held"] - body["amount"])]
        rest = [(account, -amount) for account, amount in payees if amount]
        moment = Moment.of(document["at"])
        if kept.spender is not None and rest and body["pending_at"][:10] == moment.day:
            self._sent(kept.spender, self._to_others(self.accounts[kept.payer], rest), moment)

    def _sent(self, spender: str, parts: Sequence[tuple[str, int]], moment: Moment) -> None:
        main = self.accounts[spender]
        user = str(main.user_id)
        self._put(count(main, sum(amount for _, amount in parts), moment))
        for account, amount in parts:
            id = paid_id(user, account)
            self.paid[id] = count_payee(user, account, self.paid.get(id), amount, moment)
            self.changed.add(id)

    def _to_others(self, payer: Account, parts: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        accounts = self.accounts
        return [
            (account, amount)
            for account, amount in parts
            if (known := accounts.get(account)) is None or known.user_id != payer.user_id
        ]

    def _is_ours(self, account: str) -> bool:
        return self._only is None or account in self._only

    def _put(self, account: Account) -> None:
        self.accounts[account.id] = account
        self.changed.add(account.id)

    def _keep(self, id: str, kept: Kept) -> None:
        self.transfers[id] = kept
        self.changed.add(id)

    def _find(self, kind: Kind, account: str | None, expected: str, found: str) -> None:
        self._findings.add(Finding(kind, self.position, account, expected, found))


def _payer(document: Document) -> str | None:
    """The account to name for a record as a whole."""
    key = document.get("partition_key")
    return key if isinstance(key, str) else None


def _told(entry: Entry) -> str:
    return f"entry {entry.seq}, balance {entry.balance_after}, hash {entry.hash}"
