"""The list of drills names every drill, and none that isn't there."""

from __future__ import annotations

import re

from tests.alert_rules import ROOT
from tests.drills.__main__ import DRILLS


def test_the_list_of_drills_is_whole() -> None:
    rows = (ROOT / "docs/drills.md").read_text(encoding="utf-8").split("| drill |")[1]
    listed = {name for row in re.findall(r"^\| (`.+?) \|", rows, re.M) for name in re.findall(r"`([\w-]+)`", row)}

    assert listed == set(DRILLS)
