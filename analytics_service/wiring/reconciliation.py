"""The reconciliation with the ledger, connected; a duty of the reporter."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry

from analytics_service.engine import Engine, on_threads
from analytics_service.ledger_api import LedgerApi
from analytics_service.metrics import ReconciliationMetrics
from analytics_service.settings import ReporterSettings
from analytics_service.use_cases.reconcile import Reconcile
from analytics_service.use_cases.reported import Reported
from analytics_service.wiring.parts import Stores
from service_kit.auth import ServiceToken
from service_kit.auth_client import http_client
from service_kit.clock import SystemClock


def reconcile(settings: ReporterSettings, stores: Stores, registry: CollectorRegistry) -> Reconcile:
    """Its intervals are small: they need neither Dask nor a cluster."""
    http = http_client()
    token = ServiceToken(http, f"{settings.auth_url}/v1/token", settings.client_id, settings.client_secret)
    return Reconcile(
        LedgerApi(http, settings.transaction_url, token),
        Reported(stores.manifest, stores.folder, Engine(on_threads)),
        stores.reconciliations,
        ReconciliationMetrics(registry, time.time),
        SystemClock(),
        settings.reconciliation_period_seconds,
    )
