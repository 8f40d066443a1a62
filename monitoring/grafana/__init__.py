"""Grafana's dashboards as code, the JSON that is made of it, and what Grafana is told at its start.

Nothing of this runs in the platform: `python -m monitoring.grafana` writes the JSON, which is committed.
"""

import warnings

with warnings.catch_warnings():
    # The SDK would rather have us write its second schema. The first is what every Grafana reads from a file.
    warnings.filterwarnings("ignore", "Prefer using dashboardv2", DeprecationWarning)
    import grafana_foundation_sdk.builders.dashboard
    import grafana_foundation_sdk.builders.prometheus  # noqa: F401
