"""Whether a Dask cluster runs what we run: what differs here fails later, with an error that nobody understands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

OF_SCHEDULER = ("python", "dask", "distributed")
OF_WORKERS = (*OF_SCHEDULER, "numpy", "pandas", "pyarrow")

Packages = Mapping[str, str | None]


def differences(versions: Mapping[str, Any]) -> list[str]:
    """In words, what scheduler and workers have otherwise than we do; `versions` as Client.get_versions gives them."""
    ours = versions["client"]["packages"]
    found = list(_other("the scheduler", versions["scheduler"]["packages"], ours, OF_SCHEDULER))
    for address, worker in sorted(versions["workers"].items()):
        found += _other(f"the worker {address}", worker["packages"], ours, OF_WORKERS)
    return found


def _other(who: str, theirs: Packages, ours: Packages, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        there, here = (_told(name, packages.get(name)) for packages in (theirs, ours))
        if there != here:
            yield f"{who} has {name} {there}, not {here}"


def _told(name: str, version: str | None) -> str:
    """Of Python major and minor alone: its code travels between those of one minor version."""
    return ".".join((version or "none").split(".")[: 2 if name == "python" else None])
