"""Write the ledger's projections anew from its journal: `python -m transaction_service.rebuild`.

For `accounts`, `transfers` and `paid` that were lost or that `verify` finds altered. It takes the writer's lease: it
refuses while a writer runs, and none can begin while it works. It refuses as well where the journal itself isn't sound,
since a balance that was rebuilt from an altered entry would look right. Exits with 0 when done, 1 where it refuses, 2
where the ledger couldn't be read or written.
"""

from __future__ import annotations

import os
import socket
import sys
import time

from pymongo.errors import PyMongoError

from service_kit import mongo
from service_kit.steps import Steps, steps
from transaction_service.domain.fold import Fold
from transaction_service.projections import KINDS, expected, ids_of
from transaction_service.proof import Prover
from transaction_service.settings import StoreSettings
from transaction_service.storage.collections import Collections
from transaction_service.storage.lease import BEAT_SECONDS, LEASE_SECONDS, Lease, LeaseKeeper, LeaseLostError
from transaction_service.storage.replacing import Replacement
from transaction_service.storage.sweep import CHUNK, LedgerSweep, NotSetUpError

NOT_DONE = 2


class RefusedError(Exception):
    """The ledger is not one to be rebuilt now."""


class Beating:
    """Steps that keep the lease while they go on."""

    def __init__(self, shown: Steps, keeper: LeaseKeeper, lease: Lease) -> None:
        self._shown = shown
        self._keeper = keeper
        self._lease = lease
        self._beat_at = time.monotonic()

    def begin(self, step: str, total: int) -> None:
        self._shown.begin(step, total)

    def advance(self, parts: int) -> None:
        self._shown.advance(parts)
        if time.monotonic() - self._beat_at >= BEAT_SECONDS:
            self.beat()

    def beat(self) -> None:
        """Say that we still work; raises LeaseLostError where another took over."""
        self._keeper.beat(self._lease)
        self._beat_at = time.monotonic()


def rebuild(collections: Collections, keeper: LeaseKeeper, shown: Steps) -> Fold:
    """Rebuild all three; returns the journal's fold.

    Raises:
        RefusedError: a writer holds the lease, or the journal is not sound; nothing was changed.
        LeaseLostError: another took the lease meanwhile; nothing, or only some of the three, was changed.
        PyMongoError: as above.
    """
    lease = acquired(keeper)
    try:
        return _rebuild(collections, Beating(shown, keeper, lease), lease)
    finally:
        try:
            keeper.release(lease)
        finally:
            lease.session.end_session()


def acquired(keeper: LeaseKeeper) -> Lease:
    """The lease, once it is free or its holder has been silent for long enough."""
    until = time.monotonic() + 2 * LEASE_SECONDS
    while time.monotonic() < until:
        lease = keeper.try_acquire()
        if lease is not None:
            return lease
        time.sleep(BEAT_SECONDS / 4)
    raise RefusedError("a writer holds the ledger: stop every `transaction_service.ledger` first")


def _rebuild(collections: Collections, shown: Beating, lease: Lease) -> Fold:
    ledger = LedgerSweep(collections)
    prover = Prover(ledger, shown, time.monotonic, decide=False)
    findings = prover.read_journal()
    fold = prover.fold
    if findings.named:
        raise RefusedError(f"the journal is not sound: {findings.named[0]}")
    replacements = {name: Replacement(collections, name) for name in KINDS}
    for name, replacement in replacements.items():
        ids = list(ids_of(name, fold))
        shown.begin(name, len(ids))
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            documents = expected(name, chunk, fold, ledger)
            if len(documents) < len(chunk):
                raise RefusedError(f"the journal has no record of {sorted(set(chunk) - documents.keys())[0]}")
            replacement.add(list(documents.values()))
            shown.advance(len(chunk))
    for replacement in replacements.values():
        # Whoever is last to know that the lease was lost must not put anything in its place.
        shown.beat()
        replacement.take_place()
    return fold


def main() -> int:
    """The command: see the module's docstring."""
    settings = StoreSettings.from_env()
    holder = f"rebuild-{socket.gethostname()}-{os.getpid()}"
    try:
        with mongo.connect(settings.mongo_url.get_secret_value(), "transaction-rebuild") as client, steps() as shown:
            collections = Collections(client)
            fold = rebuild(collections, LeaseKeeper(collections, holder, time.monotonic), shown)
    except RefusedError as error:
        sys.stderr.write(f"refused: {error}\n")
        return 1
    except (PyMongoError, LeaseLostError, NotSetUpError) as error:
        sys.stderr.write(f"not rebuilt: {error}; run it again, then verify\n")
        return NOT_DONE
    counts = ", ".join(f"{name} {len(ids_of(name, fold)):,}" for name in KINDS)
    sys.stdout.write(f"rebuilt up to position {fold.position:,}: {counts}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
