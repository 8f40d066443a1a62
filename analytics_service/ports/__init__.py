"""What the service needs of the outside, a module for each thing."""

from __future__ import annotations

from analytics_service.ports.manifest import Batch, ConflictError, Manifest, NotSetUpError, Snapshot, State
from analytics_service.ports.rollups import RolledUp, Rollups, RollupsNotFilledError

__all__ = [
    "Batch",
    "ConflictError",
    "Manifest",
    "NotSetUpError",
    "RolledUp",
    "Rollups",
    "RollupsNotFilledError",
    "Snapshot",
    "State",
]
