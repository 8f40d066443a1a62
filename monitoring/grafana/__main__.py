"""`python -m monitoring.grafana` writes the dashboards' JSON; with `--check` it only says whether it is up to date."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from monitoring.grafana.budgets import budgets
from monitoring.grafana.business import business
from monitoring.grafana.overview import ledger, of_stores, overview, pipeline
from monitoring.grafana.services import analytics, auth, notification, transaction
from monitoring.grafana.telemetry import telemetry

FOLDER = Path(__file__).with_name("dashboards")
BUILDERS = {
    "overview.json": overview,
    "slo.json": budgets,
    "pipeline.json": pipeline,
    "ledger.json": ledger,
    "business.json": business,
    "auth.json": auth,
    "transaction.json": transaction,
    "notification.json": notification,
    "analytics.json": analytics,
    "stores.json": of_stores,
    "telemetry.json": telemetry,
}


def rendered() -> dict[Path, str]:
    """Each file with the text that it should have."""
    return {
        FOLDER / name: json.dumps(build().build(), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        for name, build in BUILDERS.items()
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 1 where `--check` finds a file that is not what the code says."""
    parser = argparse.ArgumentParser(prog="python -m monitoring.grafana", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args(arguments).check
    stale = [path for path, text in rendered().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if check:
            sys.stderr.write(f"{path.name} is not what the code says: run `python -m monitoring.grafana`\n")
        else:
            path.write_text(rendered()[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
