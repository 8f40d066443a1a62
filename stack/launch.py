"""`python -m stack.launch <file>`: become a process of the stack, with its own environment and no other.

The file holds the command and the variables, readable by its owner only, so that no secret shows in a
process' arguments, in supervisor's configuration or in another process' environment. Only the standard
library is imported: every start of every process pays for it.
"""

from __future__ import annotations

import json
import os
import sys

KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "PYTHONDONTWRITEBYTECODE")
MARK = "STACK_PROCESS"
"""The variable by which `down` recognises the stack's processes, whoever is their parent by now."""

MEMORY = {"MALLOC_MMAP_THRESHOLD_": "1048576", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""As in the images: large memory that is freed goes back to the machine, and not to the thread that has used it, nor to
Arrow's own allocator, which doubles what a report over ten million rows takes."""


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 (pathlib costs a start 10 ms)
        launch = json.load(file)
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment.update(launch["environment"])
    environment["PYTHONUNBUFFERED"] = "1"
    environment.update(MEMORY)
    command = launch["command"]
    os.execvpe(command[0], command, environment)  # noqa: S606


if __name__ == "__main__":
    main()
