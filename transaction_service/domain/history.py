"""The journal decided again: the rules of its time, asked the same questions at the same times, must give the same
answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from transaction_service.domain.asked import JournalDocument, command_of
from transaction_service.domain.book import Book, Decision, WorkingSet
from transaction_service.domain.commands import FollowUp
from transaction_service.domain.decide import act
from transaction_service.domain.fold import Fold
from transaction_service.domain.journal import Record
from transaction_service.domain.kept import AT_ONCE, Journal, with_bodies
from transaction_service.domain.rules import rules_of

BEFORE_ALL = datetime(1970, 1, 2, tzinfo=UTC)
_OPEN = ("pending", "scheduled")


class History:
    """Decides each record again on the ledger as the records before it left it.

    For every record: `decide`, then `fold.accept`, then `settle`.
    """

    def __init__(self, fold: Fold, journal: Journal) -> None:
        self._fold = fold
        self._journal = journal
        self._book = Book(WorkingSet(head=0), BEFORE_ALL)
        self._found: set[str] = set()

    def decide(self, document: JournalDocument) -> Record | None:
        """What the rules decide on what the record says was asked; None where they would write nothing.

        Raises one of fold.BROKEN_SHAPE where the rules can't have been asked that.
        """
        book = self._book
        book.turn_to(document["at"])
        book.rules = rules_of(document)
        book.head = document["_id"] - 1
        book.saved.clear()
        self._found.clear()
        command = command_of(document)
        if isinstance(command, FollowUp) and command.transfer not in book.transfers:
            id = command.transfer
            found = with_bodies({id: self._fold.transfers.get(id, AT_ONCE)}, self._journal)
            book.transfers |= found
            self._found.update(found)
        act(book, command)
        return book.records[0] if book.records else None

    def settle(self, *, agreed: bool) -> None:
        """Go on from what the journal says, whether the rules `agreed` or not, and forget transfers that ended."""
        book = self._book
        decided = book.decision([])
        touched = {transfer.id for transfer in decided.transfers} | self._found
        if not agreed:
            self._take_over(book, decided)
            touched |= self._fold.changed
        for id in touched & book.transfers.keys():
            # What is still open is asked for again soon; all else is found again in the journal.
            if not agreed or book.transfers[id].status not in _OPEN:
                del book.transfers[id]

    def _take_over(self, book: Book, decided: Decision) -> None:
        """Put right what the record, or today's rules in its place, have changed."""
        fold = self._fold
        accounts = {account.id for account in (*decided.opened, *decided.changed)}
        for id in fold.changed | accounts | {paid.id for paid in decided.paid}:
            if id in fold.accounts and id not in book.accounts:
                book.open(fold.accounts[id])
            _copy(id, fold.accounts, book.accounts)
            _copy(id, fold.paid, book.paid)


def _copy(id: str, source: Mapping[str, Any], target: dict[str, Any]) -> None:
    if id in source:
        target[id] = source[id]
    else:
        target.pop(id, None)
