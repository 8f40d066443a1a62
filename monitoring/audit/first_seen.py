"""Whether a record of the journal is still, byte for byte, what it was when the audit first read it."""

from __future__ import annotations

from array import array
from hashlib import blake2b

_UNKNOWN = 0


class FirstSeen:
    """Eight bytes a record, by position. The hash chain guards the entries; this guards everything else as well.

    It remembers as long as the process lives: what was changed before it began only the chain can show.
    """

    def __init__(self) -> None:
        self._digests = array("Q")

    def differs(self, position: int, raw: bytes, *, sound: bool) -> bool:
        """Whether the record has another content than the one that is remembered.

        A record that is met for the first time is remembered if it is `sound`; else its mended version will be.
        """
        if position < 1:
            return False
        missing = position - len(self._digests)
        if missing > 0:
            self._digests.extend([_UNKNOWN] * missing)
        digest = int.from_bytes(blake2b(raw, digest_size=8).digest(), "little") or 1
        known = self._digests[position - 1]
        if known == _UNKNOWN and sound:
            self._digests[position - 1] = digest
        return known not in (_UNKNOWN, digest)
