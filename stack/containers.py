"""Our own processes as containers of the images, on this machine's network, beside the servers of the native stack.

So the images are tried by all that the native stack is tried by, and where no other image can be had. A container is
started as `x-ours` of docker-compose.yml has it: not as root, on a root that can't be written, without a capability.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack.compose.services import MEMORY_MB, USUAL_MEMORY_MB, image_of
from stack.errors import StackError
from stack.process_list import Process, ProcessList, SetUp

SETTING = "STACK_SERVICES"
WAYS = ("processes", "containers")
IMAGE_USER = 10001
"""Of the images, by Dockerfile."""
CONFINED = (
    "--rm --init --network host --read-only --tmpfs /tmp:size=64m,mode=1777 --cap-drop ALL"
    " --security-opt no-new-privileges --log-driver none"
)


def are_wanted(settings: Mapping[str, str]) -> bool:
    """Raises StackError for a setting that is neither way."""
    way = settings.get(SETTING, WAYS[0])
    if way not in WAYS:
        raise StackError(f"{SETTING}={way}: it must be {' or '.join(WAYS)}")
    return way == "containers"


def container_name(directory: Path, process: str) -> str:
    """Of a process of the stack in `directory`; other stacks have others."""
    return f"{hashlib.sha256(str(directory).encode()).hexdigest()[:8]}-{process}"


def container_command(
    item: Process | SetUp, words: Sequence[str], environment: Mapping[str, str], name: str
) -> list[str]:
    """What supervisor starts in place of `words`. One that was left behind by a kill of its starter makes room first.

    Variables go by name: docker takes their values from its own environment, so that no argument shows a secret.
    """
    user = os.getuid()
    run = ["docker", "run", *CONFINED.split(), "--name", name]
    run += ["--memory", f"{MEMORY_MB.get(item.name, USUAL_MEMORY_MB)}m"]
    run += [] if user == 0 else ["--user", f"{user}:{os.getgid()}"]
    run += [word for variable in environment for word in ("--env", variable)]
    if lake := environment.get("LAKE_DIRECTORY"):
        run += ["--mount", f"type=bind,source={lake},target={lake}"]
    run += [image_of(item.service), "python", *words[1:]]
    return ["/bin/sh", "-c", f"docker rm --force {name} >/dev/null 2>&1; exec {shlex.join(run)}"]


def prepare(here: ProcessList, lake: Path) -> None:
    """Raises StackError when Docker doesn't answer or an image is missing. The images' user gets the lake."""
    ours = {item.service for item in here.set_up} | {p.service for p in here.processes if p.kind == "service"}
    missing = [image for image in sorted(map(image_of, ours)) if not _is_there(image)]
    if missing:
        raise StackError(f"there is no image {', '.join(missing)}: make them with `make images`")
    lake.mkdir(parents=True, exist_ok=True)
    if os.getuid() == 0:
        for path in (lake, *lake.rglob("*")):
            os.chown(path, IMAGE_USER, IMAGE_USER)


def _is_there(image: str) -> bool:
    try:
        done = subprocess.run(["docker", "image", "inspect", image], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise StackError(f"{SETTING}=containers needs docker, which is not on PATH") from None
    if "daemon" in done.stderr:
        raise StackError(f"{SETTING}=containers needs Docker: {done.stderr.strip()}")
    return done.returncode == 0
