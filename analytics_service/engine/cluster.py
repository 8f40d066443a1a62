"""Dask at a scheduler, for lakes that want more than one machine."""

from __future__ import annotations

from typing import Any

from analytics_service.engine.work import Parts, Work, Workers, tree_of
from service_kit.errors import Unavailable

CONNECT_SECONDS = 10


class EngineUnavailable(Unavailable):
    """The cluster that large reports are run on is away; small ones go on."""

    code = "engine_unavailable"
    title = "Large reports are not available right now"


def on_cluster(address: str) -> Workers:
    """Dask at a scheduler; its workers must have this code, and see the lake's folder under the same path."""

    def compute(work: Work) -> Parts:
        from distributed import Client, as_completed

        try:
            client = Client(address, timeout=CONNECT_SECONDS)
        except OSError:
            raise EngineUnavailable("The Dask scheduler does not answer.", retry_after=10) from None
        with client:
            return _computed(client, as_completed, work)

    return compute


def _computed(client: Any, as_completed: Any, work: Work) -> Parts:
    leaves, root = tree_of(work)
    result = client.compute(root)
    del leaves
    parts: Parts = result.result()
    return parts
