"""`python -m sample FOLDER`: make a history by chance, decided by the ledger's own rules, and write it to a lake.

FOLDER gets `lake` (unless --lake says where the lake is), `truth.json` (what is planted) and `files.json` (the lake's
files as a manifest names them). With MONGO_URL_ANALYTICS in the environment the manifest names them at once; with
MONGO_URL_LEDGER too the ledger gets the same history. Whatever is not empty is refused.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import orjson
from pydantic import SecretStr
from pymongo.errors import PyMongoError

from sample.making import Sample, make
from sample.plan import Options
from sample.screen import screen
from sample.stores import LakeStore, LedgerStore, NotEmptyError, require_empty_folder
from sample.truth import write_truths

LEDGER_MOST = 100_000
REFUSED, NOT_DONE = 1, 2


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; exits with 2 and a line that says what is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m sample", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lake", type=Path, help="the lake's folder, where it isn't FOLDER/lake")
    parser.add_argument("--size", type=int, default=LEDGER_MOST, help="how many transfers (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same rows")
    parser.add_argument("--days", type=int, default=90, help="how many days it lasts")
    parser.add_argument("--until", type=_midnight, default=_midnight(), help="the date before which it ends (today)")
    options = parser.parse_args(arguments)
    try:
        options.history = Options(options.size, options.seed, options.until, options.days)
    except ValueError as error:
        parser.error(str(error))
    return options


def main(arguments: Sequence[str]) -> int:
    """The command: see the module's docstring."""
    asked = parsed(arguments)
    lake_url, ledger_url = (_secret(f"MONGO_URL_{name}") for name in ("ANALYTICS", "LEDGER"))
    lake: Path = asked.lake or asked.folder / "lake"
    try:
        with ExitStack() as connections:
            require_empty_folder(lake)
            manifest = connections.enter_context(closing(LakeStore(lake_url))) if lake_url else None
            ledger = LedgerStore(ledger_url) if ledger_url and asked.size <= LEDGER_MOST else None
            for store in (manifest, ledger):
                if store is not None:
                    store.require_empty()
            began = time.monotonic()
            sample = _made(asked, lake, manifest, ledger)
    except NotEmptyError as error:
        sys.stderr.write(f"refused: {error}; a sample is never mixed with anything\n")
        return REFUSED
    except (PyMongoError, OSError) as error:
        sys.stderr.write(f"not done: {error}; empty the folder and the databases before the next try\n")
        return NOT_DONE
    seconds = time.monotonic() - began
    size = sum(file.bytes for file in sample.files)
    sys.stdout.write(
        f"{sample.head:,} records ({asked.size:,} of transfers) in {len(sample.files)} files, {size / 1e6:,.0f} MB, "
        f"{seconds:.0f} s, {sample.head / seconds:,.0f} records/s; {len(sample.truths)} patterns planted\n"
        f"lake: {lake}{', named by the manifest' if manifest else ''}\n"
        f"ledger: {'the same history; verify proves it' if ledger else 'not written'}\n"
        f"truth: {asked.folder / 'truth.json'}\n"
    )
    return 0


def _made(asked: argparse.Namespace, lake: Path, manifest: LakeStore | None, ledger: LedgerStore | None) -> Sample:
    folder: Path = asked.folder
    lake.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    with screen() as tell, tempfile.TemporaryDirectory(dir=folder, prefix="scratch-") as scratch:
        sample = make(asked.history, lake, Path(scratch), tell, ledger.keep if ledger else None)
    write_truths(folder / "truth.json", asked.history, sample.truths)
    (folder / "files.json").write_bytes(orjson.dumps([asdict(file) for file in sample.files]))
    if ledger is not None:
        ledger.finish(sample.head)
    if manifest is not None:
        manifest.commit(sample, lake)
    return sample


def _midnight(text: str | None = None) -> datetime:
    day = datetime.now(UTC) if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


def _secret(name: str) -> SecretStr | None:
    value = os.environ.get(name)
    return SecretStr(value) if value else None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
