"""Lakes for benchmarks: by chance, but decided by the ledger's own rules; made once."""

import subprocess
import sys
from pathlib import Path

from pydantic import SecretStr, TypeAdapter
from rich.console import Console

from analytics_service.domain.files import LakeFile
from sample.making import Sample
from sample.stores import LakeStore
from stack.layout import ROOT

LAKES = ROOT / ".stack" / "bench"
SIZE = 10_000_000


def made(console: Console, size: int) -> Path:
    """The folder of a lake's files, of `size` transfers over 90 days; beside it is `files.json`."""
    folder = LAKES / f"sample-{size}"
    if not (folder / "files.json").exists():
        console.print(f"making {size:,} transfers in {folder}")
        command = [sys.executable, "-m", "sample", str(folder), "--size", str(size)]
        subprocess.run(command, cwd=ROOT, check=True)
    return folder / "lake"


def named(mongo_url: SecretStr, place: Path, lake: Path) -> Sample:
    """Let the manifest of a database that has none name the lake's files, which lie in `place`, with their rollups."""
    files = TypeAdapter(list[LakeFile]).validate_json((lake.parent / "files.json").read_bytes())
    sample = Sample(files, [], max(file.last_position for file in files), max(file.last_at for file in files))
    store = LakeStore(mongo_url)
    try:
        store.require_empty()
        store.commit(sample, place)
    finally:
        store.close()
    return sample
