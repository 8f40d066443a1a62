"""The command that makes the lake from the journal, connected."""

from __future__ import annotations

from types import TracebackType

import httpx
from prometheus_client import CollectorRegistry

from analytics_service.housekeeping import Housekeeper
from analytics_service.ingester import Ingester
from analytics_service.journal_api import JournalApi
from analytics_service.lake.folder import LakeFolder
from analytics_service.metrics import IngesterMetrics
from analytics_service.ports import Manifest, Rollups
from analytics_service.ports.journal import Journal
from analytics_service.settings import BackfillSettings
from analytics_service.storage.manifest import MongoManifest
from analytics_service.storage.rebuilding import MongoRebuild
from analytics_service.use_cases.filling import Filling
from analytics_service.use_cases.rebuilding import Rebuilding, Rebuilt
from analytics_service.wiring.parts import collections_of, new_id
from service_kit.auth import ServiceToken
from service_kit.clock import SystemClock
from service_kit.process import Progress
from service_kit.steps import Steps

NAME = "analytics-backfill"
TIMEOUT_SECONDS = 30.0


class Backfill:
    """Either of the command's two ways."""

    def __init__(self, settings: BackfillSettings, steps: Steps, journal: Journal | None = None) -> None:
        """`journal`, in tests, stands for the ledger's API."""
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)
        token = ServiceToken(self._http, f"{settings.auth_url}/v1/token", settings.client_id, settings.client_secret)
        self._journal = journal or JournalApi(self._http, settings.transaction_url, token)
        self._steps = steps
        self._keeping = settings.keeping
        self._collections = collections_of(settings.mongo_url, NAME)
        self._folder = LakeFolder(settings.lake_directory, new_id)
        self._clock = SystemClock()
        settings.lake_directory.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Backfill:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()
        self._collections.client.close()

    def fill(self) -> int:
        """What the lake lacks; the number of positions. Raises as `Filling.fill` does."""
        return self._filling(MongoManifest(self._collections)).fill("filling")

    def rebuild(self) -> Rebuilt:
        """All of it anew. Raises as `Rebuilding.rebuild` does."""
        rebuild = MongoRebuild(self._collections)
        live = MongoManifest(self._collections)
        live.state()
        rebuild.begin()
        housekeeper = self._housekeeper(rebuild.manifest, rebuild.rollups)
        housekeeper.forget_minutes()
        housekeeper.retire_days()
        return Rebuilding(
            live,
            rebuild.manifest,
            self._folder,
            self._filling(rebuild.manifest),
            lambda old, new: rebuild.take_over(old, new, self._clock.now()),
            housekeeper.merge,
            self._steps,
        ).rebuild()

    def _filling(self, manifest: Manifest) -> Filling:
        ingester = Ingester(manifest, self._folder, self._clock, IngesterMetrics(CollectorRegistry()))
        return Filling(self._journal, manifest, ingester, self._steps)

    def _housekeeper(self, manifest: Manifest, rollups: Rollups) -> Housekeeper:
        metrics, progress = IngesterMetrics(CollectorRegistry()), Progress(self._clock)
        return Housekeeper(manifest, rollups, self._folder, self._clock, metrics, progress, self._keeping)
