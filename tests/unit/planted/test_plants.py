"""Each planted bug stands for something that is there, in a process that there is, for a drill that there is."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from stack.process_list import load_process_list
from tests.alert_rules import ROOT
from tests.drills.__main__ import DRILLS
from tests.drills.relaunch import Launch
from tests.planted.__main__ import is_found, planted
from tests.planted.bugs import put
from tests.planted.plants import PLANTS

each_plant = pytest.mark.parametrize("name", PLANTS)


@each_plant
def test_it_stands_for_something_that_is_there_and_is_called_like_it(name: str) -> None:
    """In a process of its own, since nothing takes it out again."""
    plant = f"from tests.planted.plants import PLANTS; PLANTS[{name!r}].plant()"
    ended = subprocess.run([sys.executable, "-c", plant], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr


@each_plant
def test_it_is_launched_in_the_place_of_its_processes_own_module(name: str) -> None:
    plant = PLANTS[name]
    for process in plant.processes:
        own = load_process_list().process(process).command.format(python="python").split()
        launch = planted(name, Launch(own, {"HTTP_PORT": "1"}))

        assert launch == Launch(["python", "-m", "tests.planted.launch", name], {"HTTP_PORT": "1"})


@each_plant
def test_its_drill_exists(name: str) -> None:
    assert PLANTS[name].drill in DRILLS


def test_the_document_lists_each_with_its_drill() -> None:
    text = (ROOT / "docs/drills.md").read_text(encoding="utf-8").split("## Planted bugs")[1].split("\n## ")[0]
    listed = re.findall(r"^\| `([\w-]+)` \| .+ \| `([\w-]+)` \| .+ \|$", text, re.M)

    assert dict(listed) == {name: plant.drill for name, plant in PLANTS.items()}


def test_another_process_is_refused() -> None:
    with pytest.raises(ValueError, match="idempotency-off is planted in"):
        planted("idempotency-off", Launch(["python", "-m", "auth_service.relay"], {}))


def test_only_the_right_finding_counts() -> None:
    plant = PLANTS["idempotency-off"]

    assert is_found(plant, ["2 answers were 500", "3 transfers are doubled"])
    assert not is_found(plant, ["nothing was accepted for 7 s, allowed are 5 s"])


class Till:
    def pay(self, amount: int) -> int:
        return amount


def test_a_bug_for_what_was_renamed_or_is_called_otherwise_is_refused() -> None:
    with pytest.raises(AttributeError):
        put(Till, "charge", lambda self, amount: 0)
    with pytest.raises(TypeError, match="pay takes self, amount and the bug self"):
        put(Till, "pay", lambda self: 0)
