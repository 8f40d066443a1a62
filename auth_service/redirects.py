"""Where a log-in may send a person: the platform's own services and nowhere else (no open redirect)."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

_SUSPICIOUS = re.compile(r"[\x00-\x20\x7f\\]")
"""Browsers drop or turn such characters before they read a URL; no URL that we make has one."""


def safe_next(wanted: str, origins: Collection[str]) -> str | None:
    """`wanted` if it is a path here or a URL of one of `origins` (scheme, host and port exactly), else None."""
    if not wanted or len(wanted) > 2000 or _SUSPICIOUS.search(wanted):
        return None
    if wanted.startswith("/") and not wanted.startswith("//"):
        return wanted
    try:
        url = urlsplit(wanted)
    except ValueError:
        return None
    return wanted if f"{url.scheme}://{url.netloc}" in origins else None
