"""What several processes of the service have."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr
from uuid_utils import uuid7

from analytics_service.lake.folder import LakeFolder
from analytics_service.ports import Manifest, Reconciliations, Rollups
from analytics_service.ports.jobs import JobStore, Kept
from analytics_service.ports.schedules import ScheduleStore
from analytics_service.storage.collections import Collections
from analytics_service.storage.jobs import MongoJobs
from analytics_service.storage.manifest import MongoManifest
from analytics_service.storage.reconciliations import MongoReconciliations
from analytics_service.storage.rollups import MongoRollups
from analytics_service.storage.schedules import MongoSchedules
from service_kit import mongo

SERVICE = "analytics_service"


@dataclass(frozen=True)
class Stores:
    """Where everything is kept; in tests, in memory."""

    manifest: Manifest
    folder: LakeFolder
    jobs: JobStore
    rollups: Rollups
    schedules: ScheduleStore
    reconciliations: Reconciliations


def collections_of(mongo_url: SecretStr, app_name: str) -> Collections:
    """The service's database; `app_name` shows in MongoDB's log."""
    return Collections(mongo.connect(mongo_url.get_secret_value(), app_name))


def stores_of(collections: Collections, folder: LakeFolder, kept: Kept = Kept()) -> Stores:  # noqa: B008 - frozen
    """All of them, in MongoDB and beside it; `kept` matters to whoever runs jobs."""
    return Stores(
        MongoManifest(collections),
        folder,
        MongoJobs(collections, kept),
        MongoRollups(collections),
        MongoSchedules(collections),
        MongoReconciliations(collections),
    )


def new_id() -> str:
    """A UUID of version 7: unique, and in the order of time."""
    return str(uuid7())
