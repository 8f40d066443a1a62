"""The ingester, connected."""

from __future__ import annotations

import threading
from typing import Any

from pymongo.errors import PyMongoError

from analytics_service.housekeeping import Housekeeper
from analytics_service.ingester import Ingester, decode
from analytics_service.lake.folder import LakeFolder
from analytics_service.metrics import IngesterMetrics
from analytics_service.pace import PACE_SECONDS, PacedConsumer
from analytics_service.ports import ConflictError, NotSetUpError
from analytics_service.settings import IngesterSettings
from analytics_service.storage.manifest import MongoManifest
from analytics_service.storage.rollups import MongoRollups
from analytics_service.wiring.parts import SERVICE, collections_of, new_id
from contracts import topics
from service_kit.clock import Clock, SystemClock
from service_kit.fail_points import OFF, FailPoints
from service_kit.health import Check
from service_kit.kafka import ConsumerLoop, ConsumerSettings, Producer
from service_kit.kafka.connections import open_consumer
from service_kit.metrics import MessagingMetrics
from service_kit.observability import observe
from service_kit.process import Progress, StopSignal, run

GROUP = "analytics-ingester"
MAX_BATCH = 5_000
HOUSEKEEPING_STALE_SECONDS = 120.0


def run_ingester() -> int:
    """Topic `transactions` -> the lake, with the housekeeping beside it."""
    settings = IngesterSettings.from_env()
    registry = observe(SERVICE, "ingester", settings)
    settings.lake_directory.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    metrics = IngesterMetrics(registry)
    messaging = MessagingMetrics(registry)
    collections = collections_of(settings.mongo_url, "analytics-ingester")
    manifest = MongoManifest(collections)
    folder = LakeFolder(settings.lake_directory, new_id)
    progress = Progress(clock)
    consumer = ingester_loop(
        settings.kafka_bootstrap_servers,
        Ingester(manifest, folder, clock, metrics),
        messaging,
        progress,
        clock,
        fail_points=settings.fail_points,
    )
    kept = Progress(clock, stale_after_seconds=HOUSEKEEPING_STALE_SECONDS)
    housekeeper = Housekeeper(manifest, MongoRollups(collections), folder, clock, metrics, kept, settings.keeping)

    def loop(stop: StopSignal) -> None:
        threading.Thread(target=housekeeper.run, args=(stop,), name="housekeeping", daemon=True).start()
        consumer.run(stop)

    ready: dict[str, Check] = {"consumer": consumer.check, "lake": folder.check, "housekeeping": kept.check}
    return run(
        GROUP,
        loop,
        host=settings.http_host,
        port=settings.http_port,
        registry=registry,
        ready=ready,
        progress=progress,
    )


def ingester_loop(
    brokers: str,
    ingester: Ingester,
    metrics: MessagingMetrics,
    progress: Progress,
    clock: Clock,
    topic: str = topics.TRANSACTIONS,
    settings: ConsumerSettings | None = None,
    fail_points: FailPoints = OFF,
) -> ConsumerLoop:
    """The member of the group that feeds `ingester`. Nothing that the lake needs, when away, is a message's fault."""
    settings = settings or ConsumerSettings(max_batch=MAX_BATCH)

    def connect(**options: Any) -> PacedConsumer:
        return PacedConsumer(open_consumer(**options), clock.monotonic, settings.max_batch, PACE_SECONDS)

    return ConsumerLoop(
        brokers,
        topic,
        GROUP,
        decode=decode,
        handle=ingester.handle,
        dead_letters=Producer(brokers, GROUP, metrics, topics=(f"{topic}.dlq",)),
        metrics=metrics,
        progress=progress,
        dependency_down=(PyMongoError, OSError, ConflictError, NotSetUpError),
        settings=settings,
        clock=clock,
        fail_points=fail_points,
        connect=connect,
    )
