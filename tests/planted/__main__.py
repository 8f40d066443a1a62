"""``python -m tests.planted NAME``: a known bug in the process under test, and the drill that has to find it."""

import argparse
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from bench.stacks import Platform, add_stack_arguments, chosen_stack
from tests.drills.__main__ import DRILLS
from tests.drills.crash import with_fail_points
from tests.drills.relaunch import Launch, relaunched
from tests.drills.writers import NotOneError
from tests.planted.plants import PLANTS, Plant


def main(arguments: list[str]) -> int:
    """0 exactly when the drill has found the bug."""
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description="Drills that have to find a bug.")
    parser.add_argument("name", choices=sorted(PLANTS))
    add_stack_arguments(parser, default=".stack-drill")
    options = parser.parse_args(arguments)
    # So that the stack of its own ends with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    console = Console()
    plant = PLANTS[options.name]
    with chosen_stack(options, console, settings=with_fail_points(options.own_stack)) as platform:
        findings = _drilled(options.name, plant, platform, console)
    for finding in findings:
        console.print(f"the drill says: {finding}", markup=False)
    found = is_found(plant, findings)
    console.print(f"{plant.drill} {'has found' if found else '[red]has not found[/]'} the bug {options.name}")
    return 0 if found else 1


def is_found(plant: Plant, findings: Sequence[str]) -> bool:
    """Whether what was wrong is what the bug makes wrong."""
    return any(part in finding for part in plant.found for finding in findings)


def planted(name: str, launch: Launch) -> Launch:
    """The launch of a process of ours, `python -m MODULE`, with the bug in it. Raises ValueError for any other."""
    python, *words = launch.command
    if words != ["-m", PLANTS[name].module]:
        raise ValueError(f"{name} is planted in {PLANTS[name].module}, and this is {' '.join(words)}")
    return replace(launch, command=[python, "-m", "tests.planted.launch", name])


def _drilled(name: str, plant: Plant, platform: Platform, console: Console) -> list[str]:
    console.print(f"planting {name} in {', '.join(plant.processes)}")
    with relaunched(platform, plant.processes, lambda launch: planted(name, launch)):
        try:
            return DRILLS[plant.drill](plant.rounds, platform, console).findings
        except NotOneError as error:
            # A drill can't aim where two write.
            return [str(error)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
