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
        """Covered positions, the rows that the files really have, and the positions of days that are kept no longer:
        the two add up to the first, or a row is lost or doubled."""
        lake = self._manifest.snapshot()
        rows = 0
        for file in lake.files:
            if after < file.first_position and file.last_position <= upto:
                rows += file.rows
            elif file.last_position > after and file.first_position <= upto:
                rows += count_rows(self._folder.path(file.path), after, upto)
        events = lake.covered.count(after, upto)
        retired = lake.covered.count(after, min(upto, lake.retired_upto))
        return {"after": after, "upto": upto, "events": events, "rows": rows, "retired": retired}

    def position(self, position: int) -> Row | None:
        """Where the event at a position lies, and when it came; None where it hasn't. Of one whose day is kept no
        longer (`retired`) nobody knows more than that it came."""
        lake = self._manifest.snapshot()
        if position <= lake.retired_upto and position in lake.covered:
            unknown = dict.fromkeys(("event_id", "consumed_at", "committed_at", "file"))
            return {"position": position, **unknown, "retired": True}
        for file in lake.files:
            if file.first_position <= position <= file.last_position:
                event = read_event(self._folder.path(file.path), position)
                if event:
                    committed_at = event["committed_at"] or file.committed_at
                    told = {"position": position, **event, "file": file.path, "committed_at": committed_at}
                    return told | {"retired": False}
        return None
