"""What the service needs of the outside, a module for each thing."""

from __future__ import annotations

from analytics_service.ports.manifest import Batch, ConflictError, Manifest, NotSetUpError, Snapshot, State
from analytics_service.ports.reconciliation import Ledger, LedgerAway, Reconciliations, Stretch
from analytics_service.ports.rollups import RolledUp, Rollups, RollupsNotFilledError

__all__ = [
    "Batch",
    "ConflictError",
    "Ledger",
    "LedgerAway",
    "Manifest",
    "NotSetUpError",
    "Reconciliations",
    "RolledUp",
    "Rollups",
    "RollupsNotFilledError",
    "Snapshot",
    "State",
    "Stretch",
]
