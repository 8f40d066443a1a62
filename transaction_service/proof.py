"""The proof of the ledger: its journal folded and decided again, and everything else held against it.

It is sound while a writer writes: the journal up to the head is read as it stands, since it only grows; what is
compared with it is read at one moment, after the journal's last records of that same moment. One moment may be read for
VIEW_SECONDS; a longer comparison goes on at a later one, with the records in between folded first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from service_kit.steps import Steps, counted
from transaction_service.domain import Record
from transaction_service.domain.findings import Finding, Findings, Kind, told_apart
from transaction_service.domain.fold import BROKEN_SHAPE, Fold
from transaction_service.domain.history import History
from transaction_service.domain.kept import Journal
from transaction_service.projections import KINDS, Comparison, Document, ids_of
from transaction_service.storage.documents import journal_document

VIEW_SECONDS = 60.0
NEAR = 20_000
"""Records that take a few seconds."""


class View(Journal, Protocol):
    """The ledger at one moment."""

    def head(self) -> int: ...

    def published(self) -> int: ...

    def records(self, after: int, upto: int | None) -> Iterator[Document]: ...

    def chunks(self, name: str, after: Any) -> Iterator[list[Document]]: ...


class Ledger(View, Protocol):
    """As it is from read to read, or at one moment."""

    def view(self) -> AbstractContextManager[View]: ...


class AccountView(Journal, Protocol):
    """What names one account, at one moment."""

    def head(self) -> int: ...

    def records_of(self, accounts: Sequence[str], after: int, upto: int) -> Iterator[Document]: ...

    def some(self, name: str, ids: Sequence[str]) -> list[Document]: ...

    def paid_by(self, user: str) -> list[Document]: ...


class AccountLedger(AccountView, Protocol):
    """The same from read to read."""

    def accounts_with(self, account: str) -> list[str]: ...

    def view(self) -> AbstractContextManager[AccountView]: ...


class UnknownAccountError(Exception):
    """No account has this id."""


@dataclass(frozen=True)
class Proof:
    """What was found up to position `head`. `totals`: the sum of all balances per currency in minor units, 0 on a
    sound ledger; `problems` counts every finding by its kind, `findings` are the first of them."""

    head: int
    accounts: int
    totals: dict[str, int]
    problems: dict[str, int]
    findings: list[Finding]


class Prover:
    """Proves one ledger, once. `decide`: also that today's rules decide every record as it was decided."""

    def __init__(self, ledger: Ledger, steps: Steps, monotonic: Callable[[], float], *, decide: bool) -> None:
        self._ledger = ledger
        self._steps = steps
        self._monotonic = monotonic
        self._findings = Findings()
        self.fold = Fold(self._findings)
        self._history = History(self.fold, ledger) if decide else None

    def prove(self) -> Proof:
        """Read it all, once; raises PyMongoError where the ledger can't be read."""
        self.read_journal()
        with self._ledger.view() as view:
            self._catch_up(view)
            self._check_ends(view)
        comparison = Comparison(self.fold, self._findings)
        for name in KINDS:
            self._steps.begin(name, len(ids_of(name, self.fold)))
            self._compare(name, comparison)
        totals = comparison.totals()
        for currency, total in totals.items():
            if total:
                self._find(Kind.MONEY_CREATED, None, f"accounts in {currency} that sum to 0", str(total))
        counts, named = dict(self._findings.counts), self._findings.named
        return Proof(self.fold.position, len(self.fold.accounts), totals, counts, named)

    def read_journal(self) -> Findings:
        """Fold the journal up to its head; what is wrong with it."""
        self._steps.begin("journal", self._ledger.head())
        self._read_on()
        return self._findings

    def _read_on(self) -> None:
        """Fold what is there, until the head is so near that the rest is soon read at one moment."""
        is_near = False
        while not is_near:
            head = self._ledger.head()
            for record in counted(self._ledger.records(self.fold.position, head), self._steps):
                self._accept(record)
            self.fold.ends_before(head + 1)
            is_near = self._ledger.head() - head <= NEAR

    def _accept(self, document: Document) -> None:
        difference = self._decide_again(document) if self._history else None
        self.fold.accept(document)
        if self._history:
            self._history.settle(agreed=difference is None)
        if difference:
            self._find(Kind.DECISION, document.get("partition_key"), *difference)

    def _decide_again(self, document: Document) -> tuple[str, str] | None:
        assert self._history is not None  # noqa: S101
        try:
            record = self._history.decide(document)
            return _differing(record, document)
        except BROKEN_SHAPE as error:
            return "a record that can be decided again", f"{error!r}"

    def _compare(self, name: str, comparison: Comparison) -> None:
        """Hold a projection against the fold, at as many moments as it takes."""
        missing: set[Any] | None = None
        after: Any = None
        done = False
        while not done:
            self._read_on()
            with self._ledger.view() as view:
                self._catch_up(view)
                if missing is None:
                    # What is written while the comparison goes on may have its place behind us.
                    missing = set(ids_of(name, self.fold))
                until = self._monotonic() + VIEW_SECONDS
                for chunk in view.chunks(name, after):
                    comparison.chunk(name, chunk, view)
                    missing.difference_update(id for d in chunk if isinstance(id := d["_id"], str))
                    self._steps.advance(len(chunk))
                    after = chunk[-1]["_id"]
                    if self._monotonic() > until:
                        break
                else:
                    done = True
        comparison.missing(name, missing or ())

    def _catch_up(self, view: View) -> None:
        head = view.head()
        for record in view.records(self.fold.position, head):
            self._accept(record)
        self.fold.ends_before(head + 1)

    def _check_ends(self, view: View) -> None:
        """Where the writer and the relay believe that they are."""
        head = view.head()
        if head < self.fold.position or next(view.records(head, None), None) is not None:
            self._find(Kind.HEAD, None, f"a journal that ends at {head}, as the writer has it", "records behind it")
        if view.published() > head:
            self._find(Kind.HEAD, None, f"a relay that has published at most {head}", str(view.published()))

    def _find(self, kind: Kind, account: str | None, expected: str, found: str) -> None:
        self._findings.add(Finding(kind, self.fold.position, account, expected, found))


def prove_account(ledger: AccountLedger, account: str, steps: Steps) -> Proof:
    """Prove one account and its owner's others, from the records that name them.

    Nothing is decided again, since that takes the whole ledger; of `transfers` those that they pay are compared.

    Raises:
        UnknownAccountError: neither the journal nor the projection has it.
    """
    accounts = ledger.accounts_with(account)
    findings = Findings()
    fold = Fold(findings, only=frozenset(accounts))
    head = ledger.head()
    steps.begin("journal", 0)
    for record in counted(ledger.records_of(accounts, 0, head), steps):
        fold.accept(record)
    with ledger.view() as view:
        now = view.head()
        for record in view.records_of(accounts, head, now):
            fold.accept(record)
        comparison = Comparison(fold, findings)
        stored = view.some("accounts", accounts)
        if not fold.accounts and not stored:
            raise UnknownAccountError(f"there is no account {account}")
        users = {known.user_id for known in fold.accounts.values() if known.user_id}
        found = {
            "accounts": stored,
            "transfers": view.some("transfers", list(fold.transfers)),
            "paid": [document for user in users for document in view.paid_by(user)],
        }
        for name, documents in found.items():
            comparison.chunk(name, documents, view)
            comparison.missing(name, set(ids_of(name, fold)).difference(document["_id"] for document in documents))
    return Proof(now, len(fold.accounts), {}, dict(findings.counts), findings.named)


def _differing(record: Record | None, document: Document) -> tuple[str, str] | None:
    """What the rules make of a record, and what it says."""
    if record is None:
        return "nothing to be written", f"{document['outcome']}"
    # The epoch is the writer's, no part of the decision.
    return told_apart(journal_document(record, document["epoch"]), document)
