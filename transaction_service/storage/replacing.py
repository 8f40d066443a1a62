"""A collection written anew beside the old one, and put in its place at once."""

from __future__ import annotations

from collections.abc import Sequence

from transaction_service.storage.collections import INDEXES, Collections, Document


class Replacement:
    """Begins empty, with the indexes of the collection that it is to replace; leftovers of a failed try are dropped."""

    def __init__(self, collections: Collections, name: str) -> None:
        self._name = name
        self._new = collections.database[f"{name}_rebuilt"]
        self._new.drop()
        collections.database.create_collection(self._new.name)
        if name in INDEXES:
            self._new.create_indexes(INDEXES[name])

    def add(self, documents: Sequence[Document]) -> None:
        """Write some of the documents."""
        self._new.insert_many(documents)

    def take_place(self) -> None:
        """Drop the old collection and take its name, in one step."""
        self._new.rename(self._name, dropTarget=True)
