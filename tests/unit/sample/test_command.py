"""The command refuses what is not empty, and says what it made."""

from __future__ import annotations

import pytest

from sample.__main__ import main, parsed


def test_a_lake_that_has_something_is_left_alone(tmp_path, capsys):
    (tmp_path / "lake" / "date=2026-01-01").mkdir(parents=True)
    assert main([str(tmp_path), "--size", "3000"]) == 1
    assert "refused: the lake" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["lake"]


def test_options_that_can_not_be_used_are_named(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        parsed([str(tmp_path), "--size", "10"])
    assert ended.value.code == 2
    assert "at least 3,000 transfers" in capsys.readouterr().err


def test_it_writes_a_lake_and_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("MONGO_URL_ANALYTICS", raising=False)
    monkeypatch.delenv("MONGO_URL_LEDGER", raising=False)
    assert main([str(tmp_path), "--size", "3000", "--until", "2026-06-01"]) == 0
    assert "(3,000 of transfers)" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["files.json", "lake", "truth.json"]
