"""Runs reports over files: with Pandas while the legs fit in memory at ease, with Dask above that. Same answer."""

from analytics_service.engine.cluster import EngineUnavailable, on_cluster
from analytics_service.engine.pieces import ReportFile
from analytics_service.engine.run import DASK, PANDAS, PANDAS_ROWS_MAX, AnyReport, Engine, Watch, engine_of
from analytics_service.engine.threads import Threads, on_threads

__all__ = [
    "DASK",
    "PANDAS",
    "PANDAS_ROWS_MAX",
    "AnyReport",
    "Engine",
    "EngineUnavailable",
    "ReportFile",
    "Threads",
    "Watch",
    "engine_of",
    "on_cluster",
    "on_threads",
]
