"""What the reports say of a stretch of the journal, by the same way on which people are told."""

from __future__ import annotations

from analytics_service.domain.covered import Watermark
from analytics_service.domain.reconciliation import Figures, Group, Kept, Moved, Totals
from analytics_service.engine import Engine, ReportFile
from analytics_service.filters import Selection
from analytics_service.lake.folder import LakeFolder
from analytics_service.lake.reading import count_rows
from analytics_service.ports import Manifest, Snapshot
from analytics_service.reports.accounts import ACCOUNTS
from analytics_service.reports.reconciled import BY_STATUS

_EVERY_ACCOUNT = 2**31


class Reported:
    """Figures of the lake."""

    def __init__(self, manifest: Manifest, folder: LakeFolder, engine: Engine) -> None:
        self._manifest = manifest
        self._folder = folder
        self._engine = engine

    def watermark(self) -> Watermark:
        """Up to where the lake is complete."""
        return self._manifest.snapshot().covered.watermark

    def figures(self, after: int, upto: int) -> tuple[Figures, Kept]:
        """Of the positions above `after` and not above `upto`, and which of them the lake kept at that moment."""
        selection = Selection(after=after, upto=upto)
        lake = self._manifest.snapshot()
        files = [
            ReportFile(self._folder.path(file.path), file.rows) for file in lake.files if selection.may_be_in(file)
        ]
        tables = self._engine.run([BY_STATUS, ACCOUNTS], files, selection, _EVERY_ACCOUNT)
        figures = Figures(
            # Counted in the files: the manifest would tell of a row that is lost.
            sum(count_rows(file.path, after, upto) for file in files),
            {
                Group(f"{row['start']:%Y-%m-%d}", row["currency"], row["type"], row["status"]): Totals(
                    row["transfers"], row["amount"]
                )
                for row in tables[BY_STATUS.name].to_dict("records")
            },
            {
                (row["currency"], row["account"]): Moved(
                    row["transfers_in"] + row["transfers_out"], row["amount_in"] - row["amount_out"], row["balance"]
                )
                for row in tables[ACCOUNTS.name].to_dict("records")
            },
        )
        return figures, _kept(lake)


def _kept(lake: Snapshot) -> Kept:
    day = "" if lake.complete_from is None else f"{lake.complete_from:%Y-%m-%d}"
    return Kept(lake.retired_upto, day)
