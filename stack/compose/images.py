"""Our images, built one after the other from the one Dockerfile, named as docker-compose.yml names them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence

from stack.compose.services import OPERATOR, image_of
from stack.errors import StackError
from stack.layout import ROOT
from stack.secret_files import SERVICES


def build_images(options: Sequence[str] = ()) -> None:
    """`options`: more of `docker build`, such as `--network host`. Raises StackError for the first that fails."""
    images = [OPERATOR, *SERVICES]
    for number, service in enumerate(images, 1):
        began = time.monotonic()
        print(f"{number} of {len(images)}: {image_of(service)}", flush=True)
        command = ["docker", "build", *options, "--build-arg", f"SERVICE={service}", "-t", image_of(service)]
        try:
            done = subprocess.run([*command, "."], cwd=ROOT, check=False)
        except FileNotFoundError:
            raise StackError("docker is not on PATH") from None
        if done.returncode:
            raise StackError(f"{image_of(service)} was not built: `{' '.join(command)} .` ended with {done.returncode}")
        print(f"   built in {time.monotonic() - began:.0f} s", flush=True)
