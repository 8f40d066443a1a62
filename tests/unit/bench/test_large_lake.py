"""A lake is made larger by rows whose positions are no ledger's, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from pydantic import TypeAdapter

from analytics_service.domain.files import LakeFile
from analytics_service.lake.folder import LakeFolder
from tests.drills.large_lake import FAR, repeated

AT = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def test_each_row_comes_as_often_as_it_was_asked_for_at_positions_of_its_own(tmp_path: Path) -> None:
    folder = LakeFolder(tmp_path / "lake", iter(["one", "two"]).__next__)
    rows = [
        pa.table({"position": pa.array([position], pa.int64()), "occurred_at": pa.array([AT]), "amount": [7]})
        for position in (1, 2)
    ]
    files = [folder.write("2026-01-02", each, AT) for each in rows]
    (tmp_path / "files.json").write_bytes(TypeAdapter(list[LakeFile]).dump_json(files))

    ((day, table),) = repeated(tmp_path / "lake", 3)

    assert day == "2026-01-02"
    assert sorted(table["position"].to_pylist()) == [FAR + number for number in range(1, 7)]
    assert table["amount"].to_pylist() == [7] * 6
