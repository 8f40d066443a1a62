"""What the lake holds, for whoever checks that nothing is missing."""

from __future__ import annotations

from analytics_service.domain.rows import Row
from analytics_service.lake.folder import LakeFolder
from analytics_service.lake.reading import count_rows, read_event
from analytics_service.ports import Manifest


class Lake:
    """Its size, its gaps, and where a position lies."""

    def __init__(self, manifest: Manifest, folder: LakeFolder) -> None:
        self._manifest = manifest
        self._folder = folder

    def summary(self) -> Row:
        """Its size, and up to where it is complete."""
        lake = self._manifest.snapshot()
        watermark = lake.watermark
        return {
            "rows": sum(file.rows for file in lake.files),
            "files": len(lake.files),
            "bytes": sum(file.bytes for file in lake.files),
            "complete_from_time": watermark.from_,
            "complete_upto_position": watermark.position,
            "complete_upto_time": watermark.occurred_at,
            "last_commit_at": lake.committed_at,
        }

    def coverage(self, after: int, upto: int) -> Row:
        """Covered positions, and the rows that the files really have; equal, or a row is lost or doubled."""
        lake = self._manifest.snapshot()
        rows = 0
        for file in lake.files:
            if after < file.first_position and file.last_position <= upto:
                rows += file.rows
            elif file.last_position > after and file.first_position <= upto:
                rows += count_rows(self._folder.path(file.path), after, upto)
        return {"after": after, "upto": upto, "events": lake.covered.count(after, upto), "rows": rows}

    def position(self, position: int) -> Row | None:
        """Where the event at a position lies, and when it came; None where it hasn't."""
        for file in self._manifest.snapshot().files:
            if file.first_position <= position <= file.last_position:
                event = read_event(self._folder.path(file.path), position)
                if event:
                    committed_at = event["committed_at"] or file.committed_at
                    return {"position": position, **event, "file": file.path, "committed_at": committed_at}
        return None
