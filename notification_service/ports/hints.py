"""How those who listen learn that there is something new."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Hints(Protocol):
    """Says that there is something new. It may be lost: whoever listens looks by itself now and then."""

    def tell(self, user_ids: Iterable[str]) -> None:
        """Never raises: nothing depends on it but a delay."""
