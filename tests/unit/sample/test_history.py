"""What is made is a ledger's history: gapless, in balance, refused where it must be, and told as the ingester tells."""

from __future__ import annotations

from collections import Counter

import numpy as np

from analytics_service.domain.rows import day_of, row_of
from contracts import topics
from contracts.codec import codec_for
from sample.deciding import Ledger
from sample.making import make
from sample.plan import Options, economy, positions
from sample.rows import Rows


def test_every_position_is_there_once_in_the_order_of_time(made, options):
    assert [row["position"] for row in made.rows] == list(range(1, made.sample.head + 1))
    times = [row["occurred_at"] for row in made.rows]
    assert times == sorted(times)
    assert options.begins <= times[0]
    assert times[-1] == made.sample.last_at < options.until


def test_it_has_as_many_transfers_as_were_asked_for(made, options):
    assert sum(row["type"] is not None for row in made.rows) == options.size


def test_each_file_is_of_one_day_and_says_what_is_in_it(made):
    for file in made.sample.files:
        rows = [row for row in made.rows if file.first_position <= row["position"] <= file.last_position]
        assert {day_of(row).isoformat() for row in rows} == {file.day}
        assert (len(rows), rows[0]["occurred_at"], rows[-1]["occurred_at"]) == (file.rows, file.first_at, file.last_at)


def test_all_balances_add_up_to_nothing_and_follow_from_one_another(made):
    balances: Counter[str] = Counter()
    for account, amount, after in made.entries():
        balances[account] += amount
        assert balances[account] == after
        assert after >= 0 or account.startswith("world:")
    assert sum(balances.values()) == 0


def test_transfers_are_refused_for_what_stands_against_them(made):
    reasons = Counter(row["reason"] for row in made.rows if row["status"] == "rejected")
    assert reasons["insufficient_funds"] > 5
    assert reasons["unknown_payee"] > 0
    assert sum(reasons.values()) < len(made.rows) * 0.1


def test_holds_end_and_payments_are_given_back(made):
    kinds = Counter(row["kind"] for row in made.rows)
    assert min(kinds[f"transfer.{end}"] for end in ("pending", "voided", "expired", "refunded")) > 0
    ended = Counter(row["status"] for row in made.rows if row["expires_at"] is not None)
    assert ended["posted"] > 0
    assert ended["pending"] == ended["posted"] + ended["voided"] + ended["expired"]


def test_a_row_is_what_the_ingester_makes_of_the_event(options):
    planned = economy(options, "EUR")
    [places] = positions([planned])
    codec = codec_for(topics.TRANSACTIONS)
    for block in Ledger(planned, places, options.begins, np.random.default_rng(1)).decided():
        rows = Rows()
        for each in block:
            rows.add(each.record)
        events = [codec.decode(codec.encode(each.record.event)) for each in block]
        told = [{**row, "consumed_at": row["occurred_at"]} for row in map(row_of, events)]
        for written, expected in zip(rows.table().to_pylist(), told, strict=True):
            assert {name: value for name, value in written.items() if name in expected} == expected
            assert not any(value for name, value in written.items() if name not in expected)


def test_the_same_seed_makes_the_same_files_byte_for_byte(made, options, tmp_path):
    lake, scratch = tmp_path / "lake", tmp_path / "scratch"
    scratch.mkdir()
    again = make(options, lake, scratch, lambda *_: None)
    assert again == made.sample
    for file in again.files:
        assert (lake / file.path).read_bytes() == (made.lake / file.path).read_bytes()


def test_another_seed_makes_another_history(options):
    other = economy(Options(options.size, options.seed + 1, options.until), "EUR")
    assert other.crowd.people[0] != economy(options, "EUR").crowd.people[0]
