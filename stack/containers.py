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
from contextlib import suppress
from pathlib import Path

from stack.compose.services import MEMORY_MB, STANDS_BACK, USUAL_MEMORY_MB, image_of
from stack.errors import StackError
from stack.launch import KEPT
from stack.process_list import Process, ProcessList, SetUp

SETTING = "STACK_SERVICES"
WAYS = ("processes", "containers")
IMAGE_USER = 10001
"""Of the images, by Dockerfile."""
LAKE = "/data/lake"
CONFINED = (
    "--pull never --rm --init --network host --read-only --tmpfs /tmp:size=64m,mode=1777 --cap-drop ALL"
    " --security-opt no-new-privileges --cpus 1.0 --log-driver none --no-healthcheck"
)
"""Whether it is well is asked by the stack, as of any process; what it says is in the stack's logs."""


def are_wanted(settings: Mapping[str, str]) -> bool:
    """Raises StackError for a setting that is neither way."""
    way = settings.get(SETTING, WAYS[0])
    if way not in WAYS:
        raise StackError(f"{SETTING}={way}: it must be {' or '.join(WAYS)}")
    return way == "containers"


def require(here: ProcessList) -> None:
    """Raises StackError when Docker doesn't answer or an image is missing."""
    asked = _docker("version", "--format", "{{.Server.Version}}")
    if asked.returncode:
        raise StackError(f"{SETTING}=containers needs Docker: {asked.stderr.strip()}")
    ours = {item.service for item in here.set_up} | {p.service for p in here.processes if p.kind == "service"}
    images = sorted(map(image_of, ours))
    if missing := [image for image in images if _docker("image", "inspect", image).returncode]:
        raise StackError(f"there is no image {', '.join(missing)}: make them with `make images`")


def container_name(directory: Path, process: str) -> str:
    """Of a process of the stack in `directory`; other stacks have others."""
    return f"{hashlib.sha256(str(directory).encode()).hexdigest()[:8]}-{process}"


def container_command(
    item: Process | SetUp, words: Sequence[str], environment: Mapping[str, str], name: str
) -> list[str]:
    """What supervisor starts in place of `words`. One that was left behind by a kill of its starter makes room first.

    Variables go by name: docker takes their values from its own environment, so that no argument shows a secret.
    """
    run = ["docker", "run", *CONFINED.split(), "--name", name]
    run += ["--memory", f"{MEMORY_MB.get(item.name, USUAL_MEMORY_MB)}m"]
    if item.name in STANDS_BACK:
        run += ["--cpu-shares", str(STANDS_BACK[item.name])]
    if os.getuid():
        run += ["--user", f"{os.getuid()}:{os.getgid()}", "--env", "HOME=/tmp"]
    run += [word for variable in environment for word in ("--env", variable)]
    if lake := environment.get("LAKE_DIRECTORY"):
        run += ["--volume", f"{lake}:{LAKE}", "--env", f"LAKE_DIRECTORY={LAKE}"]
    run += [image_of(item.service), "python", *words[1:]]
    return ["/bin/sh", "-c", f"docker rm --force {name} >/dev/null 2>&1; exec {shlex.join(run)}"]


def give_lake(lake: Path) -> None:
    """To the images' user, where the stack is root's; else they run as whoever has started it.

    Called while nobody writes there who is not that user. It follows no link: that user makes what is in there.
    """
    lake.mkdir(parents=True, exist_ok=True)
    for path in (lake, *lake.rglob("*")) if os.getuid() == 0 else ():
        with suppress(FileNotFoundError):  # the ingester renames what it has finished
            os.chown(path, IMAGE_USER, IMAGE_USER, follow_symlinks=False)


def remove(names: Sequence[str]) -> None:
    """What its starter has left behind: made and never begun, or not ended in time."""
    if names:
        _docker("rm", "--force", *names)


def _docker(*words: str) -> subprocess.CompletedProcess[str]:
    """With the environment that the containers' starters have, so that the same Docker answers."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    try:
        return subprocess.run(["docker", *words], env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise StackError(f"{SETTING}=containers needs docker, which is not on PATH") from None
