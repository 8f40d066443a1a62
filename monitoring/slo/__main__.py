"""`python -m monitoring.slo` writes the promises' rules and their tests; `--check` says whether they are up to date."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from monitoring.slo.declared import declared_slos
from monitoring.slo.rule_tests import test_file
from monitoring.slo.rules import panel_of, rule_file
from monitoring.slo.windows import SCALES

PROMETHEUS = Path(__file__).parents[1] / "prometheus"
MADE = "# Made by `python -m monitoring.slo` from monitoring/slo/slos.yaml: edit that.\n"


def rendered() -> dict[Path, str]:
    """Each file with the text that it should have."""
    files = {}
    for slo in declared_slos():
        panel = panel_of(declared_slos(), slo)
        for scale in SCALES:
            files[PROMETHEUS / "slo" / scale / f"{slo.name}.yml"] = _text(rule_file(slo, scale, panel))
            files[PROMETHEUS / "tests" / f"slo-{scale}-{slo.name}.test.yml"] = _text(test_file(slo, scale, panel))
    return files


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code: 1 where `--check` finds a file that is not what the declarations say."""
    parser = argparse.ArgumentParser(prog="python -m monitoring.slo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args(arguments).check
    wanted = rendered()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if check:
            sys.stderr.write(f"{path.name} is not what slos.yaml says: run `make documents`\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if check and stale else 0


def _text(document: dict[str, Any]) -> str:
    return MADE + yaml.safe_dump(document, sort_keys=False, width=120, allow_unicode=True)


if __name__ == "__main__":
    raise SystemExit(main())
