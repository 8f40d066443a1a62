"""The truth file names transfers that are really there, and patterns that are what they are called."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from sample.planted import LIMIT, PATTERNS
from sample.truth import read_truths, write_truths


def test_every_transfer_of_it_is_in_the_lake_as_it_says(made):
    rows = {row["position"]: row for row in made.rows}
    for truth in made.sample.truths:
        for proof in truth.transfers:
            row = rows[proof.position]
            assert (row["transfer_id"], row["status"], row["type"]) == (proof.id, "posted", "payment")
            assert (row["payer_account"], row["payees"][0]["account"]) == (proof.payer, proof.payee)
            assert (row["amount"], row["occurred_at"]) == (proof.amount, datetime.fromisoformat(proof.at))


def test_every_pattern_is_there(made):
    assert {truth.pattern for truth in made.sample.truths} == set(PATTERNS)


def of(made, name: str):
    return [truth for truth in made.sample.truths if truth.pattern == name]


def lasts(truth) -> timedelta:
    return datetime.fromisoformat(truth.last_at) - datetime.fromisoformat(truth.first_at)


def test_many_pay_one_within_a_day(made):
    for truth in of(made, "fan_in"):
        assert {proof.payee for proof in truth.transfers} == {truth.account}
        assert len({proof.payer for proof in truth.transfers}) == len(truth.transfers) >= 13
        assert lasts(truth) < timedelta(hours=24)


def test_one_pays_many_within_a_day(made):
    for truth in of(made, "fan_out"):
        assert {proof.payer for proof in truth.transfers} == {truth.account}
        assert len({proof.payee for proof in truth.transfers}) == len(truth.transfers) >= 14
        assert lasts(truth) < timedelta(hours=24)


def test_money_comes_back_to_where_it_began(made):
    for truth in of(made, "cycle"):
        hops = truth.transfers
        assert 2 <= len(hops) <= 5
        assert [hop.payee for hop in hops] == [*(hop.payer for hop in hops[1:]), hops[0].payer]
        assert all(before.amount * 92 // 100 <= hop.amount <= before.amount for before, hop in pairwise(hops))


def test_a_burst_is_over_within_minutes(made):
    for truth in of(made, "velocity"):
        assert len(truth.transfers) >= 30
        assert lasts(truth) < timedelta(minutes=10)


def test_large_sums_stay_just_under_the_limit(made):
    for truth in of(made, "structuring"):
        assert len(truth.transfers) >= 7
        assert all(LIMIT * 9 // 10 < proof.amount < LIMIT for proof in truth.transfers)
        assert lasts(truth) < timedelta(days=7)


def test_who_slept_for_weeks_pays_a_lot_within_a_day(made):
    for truth in of(made, "dormant"):
        paid = [row for row in made.rows if row["payer_account"] == truth.account and row["status"] == "posted"]
        before = [row["occurred_at"] for row in paid if row["position"] < truth.transfers[0].position]
        assert datetime.fromisoformat(truth.first_at) - max(before) > timedelta(days=35)
        assert len(truth.transfers) >= 8
        assert lasts(truth) < timedelta(hours=24)


def test_the_file_says_what_was_planted(made, options, tmp_path):
    write_truths(tmp_path / "truth.json", options, made.sample.truths)
    assert read_truths(tmp_path / "truth.json") == made.sample.truths
