"""The ledger's `transfers` and `paid` held against the folded journal, as many a pass as were read, in rounds."""

from __future__ import annotations

from collections.abc import Callable, KeysView, Mapping, Sequence
from typing import Any

from monitoring.audit.breaches import Breach, Kind
from monitoring.audit.fold import Fold
from monitoring.audit.rounds import Round
from monitoring.audit.transfers import expected_document

Document = Mapping[str, Any]
Answered = Callable[[Sequence[int]], Mapping[int, tuple[str, Document]]]
"""Of the records at these positions: which transfer each is about, and what it answered."""


class Transfers:
    """Each must be what its last record answered."""

    name = "transfers"

    def ids(self, fold: Fold) -> KeysView[str]:
        return fold.transfers.kept.keys()

    def expected(self, fold: Fold, documents: Sequence[Document], answered: Answered) -> dict[str, Document]:
        """The documents as they must be, by id; those that the journal doesn't know, or not like that, have none."""
        kept = {id: fold.transfers.kept[id] for d in documents if (id := d["_id"]) in fold.transfers.kept}
        # Where one that was posted at once stands only its own document says.
        of_documents = {d["_id"]: kept[d["_id"]].last or d.get("first") for d in documents if d["_id"] in kept}
        places = {id: place for id, place in of_documents.items() if isinstance(place, int)}
        found = answered(list(places.values()))
        return {
            id: expected_document(id, kept[id], found[place][1], place)
            for id, place in places.items()
            if place in found and found[place][0] == id
        }

    def place(self, id: str, fold: Fold) -> tuple[str, int]:
        kept = fold.transfers.kept.get(id)
        return (kept.payer, kept.last) if kept else ("", 0)


class Paid:
    """Each must be what the journal adds up to."""

    name = "paid"

    def ids(self, fold: Fold) -> KeysView[str]:
        return fold.counters.paid.keys()

    def expected(self, fold: Fold, documents: Sequence[Document], answered: Answered) -> dict[str, Document]:
        del answered
        paid = fold.counters.paid
        return {id: {"_id": id, **paid[id]._asdict()} for d in documents if (id := d["_id"]) in paid}

    def place(self, id: str, fold: Fold) -> tuple[str, int]:
        account = id.partition(">")[2]
        return account, fold.accounts[account].position if account in fold.accounts else 0


class Projection:
    """What is known of one of them: `breaches` by the document's id."""

    def __init__(self, of: Transfers | Paid) -> None:
        self.name = of.name
        self.breaches: dict[str, Breach] = {}
        self._of = of
        self._round = Round()

    @property
    def after(self) -> Any:
        """The id that the next chunk begins behind."""
        return self._round.after

    def compare(self, fold: Fold, documents: Sequence[Document], answered: Answered, *, last: bool) -> None:
        """Compare the next chunk, which is of one moment with the fold. `last`: there is none behind it."""
        self._round.go_on(self._of.ids(fold))
        expected = self._of.expected(fold, [d for d in documents if isinstance(d["_id"], str)], answered)
        for document in documents:
            id = self._round.see(document["_id"])
            want = expected.get(id) if id is document["_id"] else None
            self.breaches.pop(id, None)
            if want is None:
                self._differ(id, fold, "no such document", "one")
            elif want != document:
                self._differ(id, fold, *_told_apart(want, document))
        if last:
            seen, missing = self._round.end()
            for id in self.breaches.keys() - seen - missing:
                del self.breaches[id]
            for id in missing:
                self._differ(id, fold, "a document", "none")

    def _differ(self, id: str, fold: Fold, expected: str, found: str) -> None:
        account, position = self._of.place(id, fold)
        self.breaches[id] = Breach(Kind.DRIFT, account, position, f"{self.name} {id}: {expected}", found)


def _told_apart(expected: Document, found: Document) -> tuple[str, str]:
    """The fields that differ, as they should be and as they are."""
    names = [name for name in {**expected, **found} if expected.get(name, _NONE) != found.get(name, _NONE)]
    return _text(names, expected), _text(names, found)


def _text(names: Sequence[str], document: Document) -> str:
    return ", ".join(f"{name} {document[name]}" if name in document else f"no {name}" for name in names)


_NONE = object()
