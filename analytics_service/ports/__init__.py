"""What the service needs of the outside, a module for each thing."""

from __future__ import annotations

from analytics_service.ports.manifest import ConflictError, Manifest, NotSetUpError, Snapshot, State

__all__ = ["ConflictError", "Manifest", "NotSetUpError", "Snapshot", "State"]
