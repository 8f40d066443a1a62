"""What the folded journal says that the projections' documents must be: `accounts`, `transfers`, `paid`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, KeysView, Sequence
from typing import Any

from contracts.ledger_chain import WORLD
from transaction_service.domain import Account
from transaction_service.domain.findings import Finding, Findings, Kind, told_apart
from transaction_service.domain.fold import Fold
from transaction_service.domain.kept import Journal, with_bodies
from transaction_service.storage.documents import account_document, paid_document, transfer_document

Document = dict[str, Any]

KINDS = {"accounts": Kind.ACCOUNT, "transfers": Kind.TRANSFER, "paid": Kind.PAID}
"""The projections' names, each with the kind of what is wrong in it."""


_DEFAULTS = Account._field_defaults
"""An account that an older release wrote may lack what has one."""


def ids_of(name: str, fold: Fold) -> KeysView[str]:
    """Every document that the projection must have."""
    return {"accounts": fold.accounts.keys(), "transfers": fold.transfers.keys(), "paid": fold.paid.keys()}[name]


def expected(name: str, ids: Iterable[Any], fold: Fold, journal: Journal) -> dict[str, Document]:
    """The documents with these ids; an id that the journal doesn't know has none."""
    if name == "accounts":
        return {id: account_document(fold.accounts[id]) for id in ids if id in fold.accounts}
    if name == "paid":
        return {id: paid_document(fold.paid[id]) for id in ids if id in fold.paid}
    kept = {id: fold.transfers[id] for id in ids if id in fold.transfers}
    return {id: transfer_document(transfer) for id, transfer in with_bodies(kept, journal).items()}


class Comparison:
    """The projections held against a fold; each chunk of documents is of one moment with it."""

    def __init__(self, fold: Fold, findings: Findings) -> None:
        self._fold = fold
        self._findings = findings
        self._surplus: Counter[str] = Counter()

    def chunk(self, name: str, documents: Sequence[Document], journal: Journal) -> None:
        """Compare some documents of a projection."""
        ids = [document["_id"] for document in documents if isinstance(document["_id"], str)]
        wanted = expected(name, ids, self._fold, journal)
        for document in documents:
            id = document["_id"]
            # An id that a hand has made may be of any type.
            want = wanted.get(id) if isinstance(id, str) else None
            found = {**_DEFAULTS, **document} if name == "accounts" else document
            differing = ("no such document", repr(id)) if want is None else told_apart(want, found)
            if differing:
                self._find(name, id, *differing)
            if name == "accounts":
                self._weigh(want, document)

    def missing(self, name: str, ids: Iterable[str]) -> None:
        """These are not there, and must be."""
        for id in sorted(ids):
            self._find(name, id, "a document", "none")
            if name == "accounts":
                self._weigh(account_document(self._fold.accounts[id]), {})

    def totals(self) -> dict[str, int]:
        """The sum of all stored balances by currency: the fold's, and every known difference from them."""
        sums = Counter(self._surplus)
        for account in self._fold.accounts.values():
            sums[account.currency] += account.posted
        return dict(sums)

    def _weigh(self, want: Document | None, document: Document) -> None:
        if want is not None:
            self._surplus[want["currency"]] -= want["posted"]
        posted, held = document.get("posted", 0), document.get("pending_out", 0)
        if not (isinstance(posted, int) and isinstance(held, int)):
            return
        self._surplus[str(document.get("currency", want["currency"] if want else None))] += posted
        if document.get("origin", WORLD) != WORLD and posted < max(0, held):
            negative = Finding(
                Kind.NEGATIVE, self._fold.position, str(document["_id"]), f"{max(0, held)} or more", str(posted)
            )
            self._findings.add(negative)

    def _find(self, name: str, id: Any, expected: str, found: str) -> None:
        position, account = self._fold.position, str(id)
        if name == "transfers":
            kept = self._fold.transfers.get(id) if isinstance(id, str) else None
            position, account = (kept.last or position, kept.payer) if kept else (position, "")
            expected = f"transfer {id}: {expected}"
        elif name == "paid":
            account = account.partition(">")[2]
            expected = f"paid {id}: {expected}"
        self._findings.add(Finding(KINDS[name], position, account or None, expected, found))
