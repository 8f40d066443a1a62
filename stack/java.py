"""Which Java runs the Java servers."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

OLDEST_JAVA = 17  # what Zipkin 3 needs; Kafka 3.9 would do with 11


def java_version(java: str) -> int:
    """The major version, 0 where it doesn't run."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=20)
    except OSError:
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(found[1]) if found else 0


def find_java() -> str | None:
    """The first Java that is new enough: PATH's, else one of Debian's; None when there is none."""
    on_path = shutil.which("java")
    candidates = ([on_path] if on_path else []) + [str(p) for p in sorted(Path("/usr/lib/jvm").glob("*/bin/java"))]
    return next((java for java in candidates if _is_new_enough(java)), None)


def look_again() -> None:
    """Forget what was found: Java was just installed."""
    _is_new_enough.cache_clear()


@cache
def _is_new_enough(java: str) -> bool:
    return java_version(java) >= OLDEST_JAVA
