"""A new lake from the journal, beside the old one, and whether both say the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analytics_service.domain.files import LakeFile
from analytics_service.lake.content import Content, content_of
from analytics_service.lake.folder import LakeFolder
from analytics_service.ports import ConflictError, Manifest, State
from analytics_service.use_cases.filling import Filling
from service_kit.steps import Steps

CONFLICTS_MAX = 50


@dataclass(frozen=True)
class Difference:
    """A day on which the lakes differ. `old` is None where a file of the old one can't be read."""

    day: str
    old: Content | None
    new: Content


@dataclass(frozen=True)
class Rebuilt:
    """What has been done. `compared_upto` is the position up to which both lakes were held against each other."""

    rows: int
    days: int
    compared_upto: int
    differences: Sequence[Difference]


class Rebuilding:
    """Builds, compares, switches. One that was ended goes on where it was when it is begun again."""

    def __init__(
        self,
        live: Manifest,
        new: Manifest,
        folder: LakeFolder,
        filling: Filling,
        take_over: Callable[[State, State], None],
        merge: Callable[[], None],
        steps: Steps,
    ) -> None:
        """`filling` and `merge` work on the new lake; `take_over` makes it the one that readers see."""
        self._live = live
        self._new = new
        self._folder = folder
        self._filling = filling
        self._take_over = take_over
        self._merge = merge
        self._steps = steps

    def rebuild(self) -> Rebuilt:
        """Readers see the old lake until the new one is complete, and then the new one at once.

        Raises what `Filling.fill` does, and ConflictError where the ingester commits all the time.
        """
        self._filling.fill("rebuilding")
        self._merge()
        upto = min(manifest.state().covered.watermark.position for manifest in (self._live, self._new))
        differences, rows = self._compared(upto)
        self._switch()
        return Rebuilt(rows, len({file.day for file in self._live.snapshot().files}), upto, differences)

    def _switch(self) -> None:
        for _ in range(CONFLICTS_MAX):
            live, new = self._live.state(), self._new.state()
            if not new.covered.includes(live.covered):
                # The ingester went on.
                self._filling.fill("catching up")
                continue
            try:
                self._take_over(live, new)
            except ConflictError:
                continue
            return
        raise ConflictError(f"{CONFLICTS_MAX} commits in a row came between")

    def _compared(self, upto: int) -> tuple[list[Difference], int]:
        old, new = _by_day(self._live.snapshot().files), _by_day(self._new.snapshot().files)
        days = sorted({*old, *new})
        self._steps.begin("comparing days", len(days))
        differences, rows = [], 0
        for day in days:
            rebuilt = content_of(self._folder, new.get(day, []), upto)
            was = self._readable(old.get(day, []), upto)
            if was != rebuilt:
                differences.append(Difference(day, was, rebuilt))
            rows += rebuilt.rows
            self._steps.advance(1)
        return differences, rows

    def _readable(self, files: Sequence[LakeFile], upto: int) -> Content | None:
        try:
            return content_of(self._folder, files, upto)
        except OSError:
            return None


def _by_day(files: Sequence[LakeFile]) -> dict[str, list[LakeFile]]:
    days: dict[str, list[LakeFile]] = defaultdict(list)
    for file in files:
        days[file.day].append(file)
    return days
