"""What code comes to is read from its sources."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from stack import reached


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "shop/__init__.py": "",
        "shop/door.py": """
            def main():
                from shop.wiring import run
                return run()
            """,
        "shop/wiring/__init__.py": "from shop.wiring.parts import run\n",
        "shop/wiring/parts.py": """
            from shop import metrics
            from shop.metrics import Unused
            from shop.till import Till

            def run():
                return Till(metrics.Sales())

            def elsewhere():
                return Unused()
            """,
        "shop/till.py": """
            from shop.metrics import Rings

            class Till:
                def __init__(self, sales: "Sales"):
                    self.rings = Rings() if sales else None
            """,
        "shop/metrics.py": "class Sales: ...\nclass Rings: ...\nclass Unused: ...\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    monkeypatch.setattr(reached, "ROOT", tmp_path)
    reached._module.cache_clear()
    return tmp_path


def test_a_call_is_followed_through_imports_packages_and_classes(sources: Path) -> None:
    called = reached.called_from("shop.door")

    assert {"shop.wiring.parts:run", "shop.till:Till", "shop.metrics:Sales", "shop.metrics:Rings"} <= called


def test_what_nothing_comes_to_is_not_called(sources: Path) -> None:
    assert "shop.metrics:Unused" not in reached.called_from("shop.door")


def test_what_is_not_ours_ends_the_way(sources: Path) -> None:
    (sources / "shop/door.py").write_text("import json\njson.dumps({})\nprint()\n", encoding="utf-8")

    assert reached.called_from("shop.door") == set()
