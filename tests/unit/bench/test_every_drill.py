"""All drills in turn: what is run again, how long it takes, what the table says and how the whole ends."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench.machine import Machine
from tests.drills import table
from tests.drills.__main__ import DRILLS
from tests.drills.every import OTHER_ROUNDS, Wishes, conclude, estimate, has_held, outlook, rounds_of, run
from tests.drills.impact import Impact
from tests.drills.kept import Kept
from tests.drills.rows import Account, Named, Row

MACHINE = Machine(cores=2, python="3.12.1", memory_gb=8.0, load_before=0.1)
NOTHING = dict.fromkeys(Account.__dataclass_fields__, 0)
ACCOUNT = Account(**{**NOTHING, "accepted": 1_000, "in_ledger": 1_000})
ROW = Row(
    "kill-writer",
    ACCOUNT,
    Named("LedgerTakeover", 3.5, 1.9),
    Impact(20.1, 1_900.0, 22.0, answers_5xx=4, recovery_seconds=2.0),
)
KEPT = Kept("kill-writer", "2026-12-01T05:00:00+00:00", "abc1234", MACHINE, None, 120.0, [], ROW.flat())


def verdict(folder: Path, *drills: str) -> tuple[int, str]:
    console = Console(file=StringIO(), width=400)
    code = conclude(drills, console, folder)
    return code, console.file.getvalue()  # type: ignore[attr-defined]


def cell(row: Row, title: str) -> str:
    (column,) = (column for column in table.COLUMNS if column.title == title)
    return column.tell(row.flat())


def test_a_row_is_read_as_it_was_written(tmp_path: Path) -> None:
    KEPT.write(tmp_path)

    assert Kept.read(tmp_path, "kill-writer") == KEPT
    assert Kept.read(tmp_path, "poison") is None


def test_what_has_held_at_this_commit_is_not_run_again(tmp_path: Path) -> None:
    KEPT.write(tmp_path)

    assert has_held("kill-writer", None, "abc1234", tmp_path)
    assert not has_held("poison", None, "abc1234", tmp_path)


@pytest.mark.parametrize("revision", ["def5678", "abc1234+", ""], ids=["another commit", "changed files", "no git"])
def test_what_has_held_elsewhere_is_run_again(tmp_path: Path, revision: str) -> None:
    replace(KEPT, revision=revision).write(tmp_path)

    assert not has_held("kill-writer", None, revision if revision != "def5678" else "abc1234", tmp_path)


class Drills:
    """Drills as processes would be: each leaves its row, unless it is one that breaks down."""

    def __init__(self, folder: Path, *, wrong: Sequence[str] = (), breaks_down: Sequence[str] = ()) -> None:
        self.asked: list[list[str]] = []
        self._folder = folder
        self._wrong = wrong
        self._breaks_down = breaks_down

    def carry_out(self, arguments: Sequence[str]) -> int:
        self.asked.append(list(arguments))
        drill = arguments[0]
        if drill in self._breaks_down:
            return 137
        findings = ["1 accepted transfers are lost"] if drill in self._wrong else []
        ran_at = f"2026-12-01T06:00:{len(self.asked):02}+00:00"
        replace(KEPT, drill=drill, ran_at=ran_at, findings=findings).write(self._folder)
        return 1 if findings else 0


def run_with(drills: Drills, folder: Path, *names: str, wishes: Wishes | None = None) -> tuple[int, str]:
    console = Console(file=StringIO(), width=400)
    asked = wishes or Wishes()
    code = run(names, asked, console, at="abc1234", folder=folder, carry_out=drills.carry_out)
    return code, console.file.getvalue()  # type: ignore[attr-defined]


def test_one_that_fails_or_breaks_down_does_not_end_the_others(tmp_path: Path) -> None:
    drills = Drills(tmp_path, wrong=["poison"], breaks_down=["kill-writer"])

    code, text = run_with(drills, tmp_path, "kill-writer", "poison", "rewind")

    assert code == 1
    assert [drill for (drill,) in drills.asked] == ["kill-writer", "poison", "rewind"]
    assert "kill-writer: came to no end: its process ended with 137" in text
    assert "poison: 1 accepted transfers are lost" in text


def test_only_what_has_not_held_is_run_the_next_time(tmp_path: Path) -> None:
    run_with(
        Drills(tmp_path, wrong=["poison"], breaks_down=["kill-writer"]), tmp_path, "kill-writer", "poison", "rewind"
    )
    drills = Drills(tmp_path)

    code, text = run_with(drills, tmp_path, "kill-writer", "poison", "rewind")

    assert code == 0
    assert [drill for (drill,) in drills.asked] == ["kill-writer", "poison"]
    assert "3 drills, of which 1 have held at abc1234 already; 2 to run" in text


def test_one_that_breaks_down_does_not_pass_for_its_earlier_run(tmp_path: Path) -> None:
    replace(KEPT, revision="def5678").write(tmp_path)

    code, _ = run_with(Drills(tmp_path, breaks_down=["kill-writer"]), tmp_path, "kill-writer")

    assert code == 1


def test_all_are_run_again_where_that_is_wished_as_it_is_wished(tmp_path: Path) -> None:
    drills, wishes = Drills(tmp_path), Wishes(rounds=3, again=True, stack=".stack", state="quiet")
    run_with(drills, tmp_path, "kill-writer", "kill-web-rounds")

    code, _ = run_with(drills, tmp_path, "kill-writer", "kill-web-rounds", wishes=wishes)

    assert code == 0
    assert drills.asked[2:] == [
        ["kill-writer", "--stack", ".stack", "--state", "quiet"],
        ["kill-web-rounds", "--rounds", "3", "--stack", ".stack", "--state", "quiet"],
    ]


def test_what_failed_or_was_shorter_is_run_again(tmp_path: Path) -> None:
    replace(KEPT, findings=["1 accepted transfers are lost"]).write(tmp_path)
    assert not has_held("kill-writer", None, "abc1234", tmp_path)

    replace(KEPT, rounds=3).write(tmp_path)
    assert not has_held("kill-writer", 5, "abc1234", tmp_path)
    assert has_held("kill-writer", 3, "abc1234", tmp_path)


def test_rounds_are_asked_of_those_that_repeat() -> None:
    assert [rounds_of("kill-writer", asked) for asked in (None, 7)] == [None, None]
    assert [rounds_of("kill-writer-rounds", asked) for asked in (None, 7)] == [5, 7]
    assert [rounds_of("kill-reporter-rounds", asked) for asked in (None, 7)] == [10, 7]
    assert rounds_of("auth-bad-requests", None) == 5


def test_how_long_it_takes_is_known_from_the_last_run_here_then_from_the_one_that_is_told_of(tmp_path: Path) -> None:
    here, told = tmp_path / "here", tmp_path / "told"
    KEPT.write(here)
    replace(KEPT, seconds=999).write(told)
    replace(KEPT, drill="poison", seconds=200).write(told)

    assert estimate(["kill-writer", "poison"], (here, told)) == (320, 0)
    assert estimate(["poison", "rewind"], (here, told)) == (560, 1)


def test_the_outlook_says_what_is_left_and_why_nothing_is_taken_up() -> None:
    assert "2 drills, of which 1 have held at abc1234 already; 1 to run" in outlook(["a", "b"], ["b"], "abc1234")
    assert "files have changed" in outlook(["a"], ["a"], "abc1234+")


def test_rows_that_hold_end_with_0(tmp_path: Path) -> None:
    KEPT.write(tmp_path)

    code, text = verdict(tmp_path, "kill-writer")

    assert code == 0
    assert "all, once" in text


def test_a_row_that_does_not_hold_ends_with_1_and_says_what_was_wrong(tmp_path: Path) -> None:
    replace(KEPT, findings=["1 accepted transfers are lost"]).write(tmp_path)

    code, text = verdict(tmp_path, "kill-writer")

    assert code == 1
    assert "kill-writer: 1 accepted transfers are lost" in text


def test_a_drill_that_was_not_run_ends_with_1_and_is_in_the_table(tmp_path: Path) -> None:
    KEPT.write(tmp_path)

    code, text = verdict(tmp_path, "kill-writer", "poison")

    assert code == 1
    assert "not run" in text


def test_a_row_tells_what_was_missing_and_what_was_too_much() -> None:
    wrong = replace(ROW, account=replace(ACCOUNT, notifications_missing=3, lake_doubled=2, lost=1))

    assert cell(ROW, "notified") == cell(ROW, "in the lake") == "all, once"
    assert cell(wrong, "notified") == "3 missing, 0 doubled"
    assert cell(wrong, "in the lake") == "0 missing, 2 doubled"
    assert cell(wrong, "lost / doubled / created") == "1 / 0 / 0"


def test_a_silence_is_told_with_what_was_allowed() -> None:
    limited = replace(ROW, alert=replace(ROW.alert, silence_limit_seconds=5.0))

    assert cell(ROW, "silent s") == "1.9"
    assert cell(limited, "silent s") == "1.9 of 5"


def test_what_never_came_is_told_apart_from_what_is_not_counted() -> None:
    unnamed = replace(ROW, alert=Named(None, None, None), impact=replace(ROW.impact, recovery_seconds=None))

    assert cell(ROW, "named by") == "LedgerTakeover, 3.5 s"
    assert [cell(unnamed, title) for title in ("named by", "silent s", "back after s")] == ["never"] * 3
    assert [column.tell({}) for column in table.COLUMNS] == [table.NOT_COUNTED] * len(table.COLUMNS)


@pytest.mark.parametrize("promise", sorted(set(NOTHING) - {"accepted", "in_ledger", "unpublished", "undecided"}))
def test_the_table_shows_every_broken_promise_of_an_account(promise: str) -> None:
    broken = replace(ACCOUNT, **{promise: 1})

    def cells(account: Account) -> Sequence[str]:
        return [column.tell(asdict(account)) for column in table.COLUMNS]

    assert cells(broken) != cells(ACCOUNT)


def test_the_names_of_other_rounds_are_drills() -> None:
    assert set(OTHER_ROUNDS) <= set(DRILLS)
