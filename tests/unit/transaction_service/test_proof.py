"""The proof of a ledger that the real rules wrote and that a hand may have edited."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service_kit.steps import PlainSteps
from tests.unit.transaction_service.full_history import live
from tests.unit.transaction_service.ledgers import (
    Ledger,
    an_id,
    changing,
    following,
    granting,
    holding,
    later,
    limiting,
    opening,
    opening_the_world,
    paying,
)
from tests.unit.transaction_service.stored import StoredInMemory
from transaction_service.domain import book, limits, payments
from transaction_service.domain.journal import DECISIONS
from transaction_service.domain.rules import FIRST, LATEST
from transaction_service.projections import KINDS
from transaction_service.proof import Proof, Prover, UnknownAccountError, prove_account
from transaction_service.verify import as_text


class Proven:
    """A ledger whose decisions are stored, and the proof of what is stored."""

    def __init__(self, *usernames: str) -> None:
        self.ledger = Ledger()
        self.stored = StoredInMemory()
        self.ask(opening_the_world(1))
        for number, name in enumerate(usernames):
            self.ask(opening(100 + number, name), granting(300 + number, name))

    def ask(self, *commands):
        decision = self.ledger.decide(*commands)
        self.stored.write(decision)
        return [answer.outcome for answer in decision.answers]

    def prove(self, *, decide: bool = True) -> Proof:
        return proof_of(self.stored, decide=decide)

    def prove_account(self, account: str) -> Proof:
        return prove_account(self.stored, account, PlainSteps())


def proof_of(stored: StoredInMemory, *, decide: bool = True) -> Proof:
    return Prover(stored, PlainSteps(), lambda: 0.0, decide=decide).prove()


def a_full_history() -> Proven:
    proven = Proven("ann", "bob", "cem")
    live(proven.ask, proven.ledger.pass_time)
    return proven


@pytest.fixture(scope="module")
def full() -> Proven:
    return a_full_history()


def test_everything_that_may_be_asked_is_proven(full):
    proof = full.prove()
    assert proof.findings == []
    assert proof.totals == {"EUR": 0, "JPY": 0}
    outcomes = {record["outcome"] for record in full.stored.journal.values()}
    assert outcomes == set(DECISIONS)
    assert as_text(proof).endswith("sound: nothing differs from the journal\n")


@pytest.mark.parametrize("account", ["account-ann-EUR", "account-ann-EUR-savings", "account-bob-EUR", "world:EUR"])
def test_one_account_is_proven_alone(full, account):
    assert full.prove_account(account).findings == []


def test_an_account_that_is_not_there_cannot_be_proven(full):
    with pytest.raises(UnknownAccountError, match="no account nobody"):
        full.prove_account("nobody")


def test_an_edited_entry_is_named_with_account_position_and_hashes():
    proven = Proven("ann", "bob")
    proven.ask(paying(1, "ann", "bob", 10), paying(2, "ann", "bob", 20))
    entry = proven.stored.journal[6]["entries"][0]
    true = dict(entry)
    entry["hash"] = "f" * 64
    for proof in (proven.prove(decide=False), proven.prove_account("account-ann-EUR")):
        # The next entry stands on the hash as it was.
        first, second = proof.findings
        assert (first.kind, first.account, first.position) == ("chain", "account-ann-EUR", 6)
        assert first.expected == f"entry 2, balance 99990, hash {true['hash']}"
        assert first.found == f"entry 2, balance 99990, hash {'f' * 64}"
        assert (second.kind, second.account, second.position) == ("chain", "account-ann-EUR", 7)


def test_the_text_counts_all_findings_and_names_the_first_hundred():
    proven = Proven("ann", *[f"user-{number:03}" for number in range(150)])
    for account in proven.stored.accounts.values():
        account["seq"] += 1
    text = as_text(proven.prove())
    lines = text.splitlines()
    assert lines[:2] == ["read up to position 303; accounts 152; sums: EUR 0", "NOT SOUND: account 152"]
    assert lines[2] == "  account at position 303, account account-ann-EUR: expected seq 1; found seq 2"
    assert (len(lines), lines[-1]) == (103, "  and 52 more")


def test_an_edited_amount_is_one_finding_however_much_follows():
    proven = Proven("ann", "bob")
    proven.ask(*[paying(number, "ann", "bob", 10) for number in range(1, 30)])
    proven.stored.journal[6]["entries"][1]["amount"] += 1
    proof = proven.prove(decide=False)
    assert [(f.kind, f.account, f.position) for f in proof.findings] == [
        ("chain", "account-bob-EUR", 6),
        ("unbalanced", "account-ann-EUR", 6),
    ]


def test_a_record_taken_out_is_a_gap():
    proven = Proven("ann", "bob")
    proven.ask(paying(1, "ann", "bob", 10), paying(2, "ann", "bob", 20))
    last = proven.stored.journal.pop(7)
    assert ("gap", 7) in {(f.kind, f.position) for f in proven.prove().findings}
    proven.stored.journal[7] = last
    assert proven.prove().findings == []
    proven.stored.journal.pop(4)
    assert ("gap", 4) in {(f.kind, f.position) for f in proven.prove().findings}


def test_records_behind_the_head_are_found():
    proven = Proven("ann", "bob")
    proven.stored.at_head -= 1
    assert proven.prove().findings[0].kind == "head"


def test_a_relay_ahead_of_the_journal_is_found():
    proven = Proven("ann")
    proven.stored.cursor = 9
    assert {finding.kind for finding in proven.prove().findings} == {"head"}


def test_a_document_made_up_and_one_taken_out_are_found(full):
    for name, kind in KINDS.items():
        stored = copy.deepcopy(full.stored)
        documents = getattr(stored, name)
        id, document = documents.popitem()
        assert kind in proof_of(stored).problems
        documents |= {id: document, "made-up": {**document, "_id": "made-up"}}
        assert kind in proof_of(stored).problems


def test_money_made_up_is_summed():
    proven = Proven("ann")
    proven.stored.accounts["account-ann-EUR"]["posted"] += 5
    proof = proven.prove()
    assert (proof.totals, proof.problems) == ({"EUR": 5}, {"account": 1, "money_created": 1})


def test_an_overdraft_is_found():
    proven = Proven("ann", "bob")
    proven.ask(holding(1, "ann", "bob", 60_000))
    proven.stored.accounts["account-ann-EUR"]["posted"] = 59_999
    assert proven.prove().problems["negative"] == 1


def test_rules_that_changed_since_are_a_difference_and_what_follows_is_none(monkeypatch):
    proven = Proven("ann", "bob")
    proven.ask(paying(1, "ann", "bob", 90_000), paying(2, "bob", "ann", 10), holding(3, "bob", "ann", 5))
    monkeypatch.setattr(limits, "limits_in", lambda currency, role: limits.Limits(80_000, 80_000, 80_000, 80_000, 100))
    (finding,) = proven.prove().findings
    assert (finding.kind, finding.position) == ("decision", 6)
    assert "outcome rejected" in finding.expected
    assert "outcome posted" in finding.found
    assert proven.prove(decide=False).findings == []


def ask_what_older_rules_decide_otherwise(proven, number):
    """After a full history; `number` gives ids that nothing else has."""
    ann, sue = "account-ann-EUR", {"actor": "sue", "role": "support"}
    proven.ask(limiting(number, ann, per_transfer=500, per_payee=400), paying(number, "ann", "bob", 501))
    proven.ask(limiting(number + 1, ann), paying(number + 1, "ann", "bob", 9, execute_at=later(days=30)))
    proven.ask(paying(number + 2, "ann", "bob", 7), following(number, "capture", an_id(10_020), "bob"))
    proven.ask(changing(number, "freeze", ann, **sue), changing(number + 1, "freeze", ann, **sue))
    proven.ask(following(number + 1, "refund", an_id(10_002 + number), "bob"))
    proven.ask(changing(number + 2, "unfreeze", ann, **sue))


def test_each_record_is_decided_again_by_the_rules_of_its_time(monkeypatch):
    with monkeypatch.context() as long_ago:
        long_ago.setattr(book, "LATEST", FIRST)
        proven = Proven("ann", "bob", "cem")
        live(proven.ask, proven.ledger.pass_time)
        ask_what_older_rules_decide_otherwise(proven, 600)
    older = len(proven.stored.journal)
    ask_what_older_rules_decide_otherwise(proven, 700)
    proven.ask(following(704, "void", an_id(10_601), "ann"))
    rules = [record.get("rules") for _, record in sorted(proven.stored.journal.items())]
    assert (set(rules[:older]), set(rules[older:])) == ({None}, {LATEST})
    assert proven.prove().findings == []


def test_rules_that_this_release_does_not_have_are_a_finding():
    proven = Proven("ann", "bob")
    proven.ask(paying(1, "ann", "bob", 10))
    proven.stored.journal[6]["rules"] = LATEST + 1
    (finding,) = proven.prove().findings
    assert (finding.kind, finding.position) == ("decision", 6)


def test_a_plan_that_was_one_too_many_is_decided_again(monkeypatch):
    monkeypatch.setattr(payments, "PLANS_MAX", 1)
    proven = Proven("ann", "bob")
    plans = [paying(number, "ann", "bob", 1, execute_at=later(days=1)) for number in (1, 2)]
    assert proven.ask(*plans) == ["scheduled", "rejected"]
    assert proven.prove().findings == []


def test_a_record_that_cannot_be_decided_again_is_a_finding_and_not_a_crash():
    proven = Proven("ann", "bob")
    proven.ask(paying(1, "ann", "bob", 10), paying(2, "ann", "bob", 10))
    del proven.stored.journal[6]["actor"]
    del proven.stored.journal[7]["body"]["payer"]
    findings = proven.prove().findings
    assert {(f.kind, f.position) for f in findings} >= {("decision", 6), ("record", 7), ("decision", 7)}
    assert "chain" not in {f.kind for f in findings}


class GrowingInMemory(StoredInMemory):
    """More is decided whenever one of the first views is opened, and a view lasts for one chunk."""

    def __init__(self, proven: Proven) -> None:
        super().__init__()
        self.__dict__.update(proven.stored.__dict__)
        self.proven = proven
        self.number = 1_000

    def view(self):
        self.number += 1
        if self.number < 1_020:
            new = f"aaa-{self.number}"
            self.proven.stored = self
            opened = opening(self.number + 1_000, new), granting(self.number + 2_000, new)
            self.proven.ask(paying(self.number, "bob", "ann", 1), *opened)
            self.proven.ask(holding(self.number + 3_000, "bob", new, 3))
        twin = StoredInMemory()
        twin.__dict__.update({name: getattr(self, name) for name in twin.__dict__})
        return StoredInMemory.view(twin)


def test_a_writer_that_writes_meanwhile_is_no_drift():
    proven = Proven("ann", "bob", "cem")
    growing = GrowingInMemory(proven)
    clock = iter(range(0, 100_000, 100))
    proof = Prover(growing, PlainSteps(), lambda: next(clock), decide=True).prove()
    assert proof.findings == []
    assert proof.head == 7 + 19 * 4


def leaves(value, path=()):
    """The path of every value that a hand could edit."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inner is None:
        yield path
    for key, item in inner or ():
        if path or key != "_id":
            yield from leaves(item, (*path, key))


def edit(document, path, by):
    *way, last = path
    for step in way:
        document = document[step]
    value = document[last]
    if isinstance(value, int):
        document[last] = value + by
    elif hasattr(value, "isoformat"):
        document[last] = value + timedelta(seconds=by)
    else:
        document[last] = f"{value}{by}"


@settings(max_examples=100)
@given(data=st.data(), by=st.integers(-5, 5).filter(bool), name=st.sampled_from(sorted(KINDS)))
def test_any_edit_of_a_projection_is_found(full, data, by, name):
    stored = copy.deepcopy(full.stored)
    documents = getattr(stored, name)
    id = data.draw(st.sampled_from(sorted(documents)))
    edit(documents[id], data.draw(st.sampled_from(list(leaves(documents[id])))), by)
    assert KINDS[name] in proof_of(stored, decide=False).problems


def is_asked(record, path) -> bool:
    """Whether only whoever asked could have known this: nothing else in the ledger follows from it."""
    if path[0] != "body":
        return path[0] in {"epoch", "key", "fingerprint", "traceparent", "actor", "by_account"}
    body = record["body"]
    if path[-1] == "username" and path[1] == "payees":
        return body["payees"][path[2]]["account"] is None
    return path[1] in ("note", "payee") or ("account" in body and path[1] in ("limits", "reason"))


@settings(max_examples=100)
@given(data=st.data(), by=st.integers(-5, 5).filter(bool))
def test_any_edit_of_what_a_record_decided_is_found(full, data, by):
    stored = copy.deepcopy(full.stored)
    record = stored.journal[data.draw(st.sampled_from(sorted(stored.journal)))]
    paths = [path for path in leaves(record) if not is_asked(record, path)]
    edit(record, data.draw(st.sampled_from(paths)), by)
    assert proof_of(stored).findings != []
