"""``python -m tests.planted.launch NAME``: the process that the bug is for, with the bug in it."""

import runpy
import sys

from tests.planted.plants import PLANTS

if __name__ == "__main__":
    chosen = PLANTS[sys.argv[1]]
    chosen.plant()
    runpy.run_module(chosen.module, run_name="__main__", alter_sys=True)
