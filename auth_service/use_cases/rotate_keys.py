"""Rotation of the keys that sign access tokens, on a schedule and by command (docs/decisions/0029)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from auth_service.domain import LEAD, StoredKey, whole_milliseconds
from auth_service.domain.signing_key import ended, is_due, newest
from auth_service.ports import SealedKeys, SigningKey
from service_kit.clock import Clock

_log = structlog.get_logger(__name__)


class RotatedMeanwhile(Exception):
    """Somebody else made the next key at the same moment; theirs is as good."""


@dataclass(frozen=True)
class RotateKeys:
    """Makes the next key, and removes those whose last token has ended.

    Args:
        seal: encrypts a private key for storage.
    """

    keys: SealedKeys
    new_key: Callable[[], SigningKey]
    seal: Callable[[SigningKey], bytes]
    clock: Clock

    def __call__(self, lead: timedelta = LEAD, *, withdraw_others: bool = False) -> StoredKey:
        """Make a key that is published from now on and signs after `lead`; raises RotatedMeanwhile.

        `withdraw_others`: for a key that was stolen. All others go at once, and with them every token that they signed.
        """
        before = self.keys.all()
        predecessor = newest(before)
        key, now = self.new_key(), whole_milliseconds(self.clock.now())
        made = StoredKey(key.kid, self.seal(key), now, now + lead, predecessor.kid if predecessor else None)
        if not self.keys.add(made):
            raise RotatedMeanwhile("another rotation was faster")
        _log.info("signing_key_made", kid=made.kid, signs_from=made.signs_from.isoformat(), follows=made.follows)
        if withdraw_others:
            self._remove("signing_keys_withdrawn", before)
        return made

    def if_due(self, every: timedelta) -> StoredKey | None:
        """The next key, if it is time for it and nobody else has made it; what has ended is removed."""
        keys, now = self.keys.all(), self.clock.now()
        self._remove("signing_keys_removed", ended(keys, now))
        if not is_due(keys, now, every):
            return None
        try:
            return self()
        except RotatedMeanwhile:
            return None

    def _remove(self, event: str, keys: list[StoredKey]) -> None:
        if keys:
            self.keys.remove([key.kid for key in keys])
            _log.info(event, kids=[key.kid for key in keys])
