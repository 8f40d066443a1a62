"""`verify` and `rebuild` on a real MongoDB."""

from __future__ import annotations

import json
import threading
import time

import pytest

from service_kit import mongo
from service_kit.steps import PlainSteps
from tests.unit.transaction_service.ledgers import (
    NOW,
    an_id,
    following,
    granting,
    holding,
    later,
    limiting,
    opening,
    paying,
)
from transaction_service import rebuild, verify
from transaction_service.projections import KINDS
from transaction_service.proof import Prover
from transaction_service.rebuild import RefusedError
from transaction_service.storage.lease import LeaseKeeper
from transaction_service.storage.ledger import MongoLedger
from transaction_service.storage.sweep import LedgerSweep

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def history(people, ledger, lease) -> None:
    """Payments, holds, a capture, a refund, a plan, limits: positions 6 to 17."""
    commands = [
        limiting(1, "account-ann-EUR", per_day=90_000),
        paying(1, "ann", "bob", 1_250),
        paying(2, "bob", "nobody", 5),
        holding(3, "ann", "bob", 300),
        holding(4, "ann", "bob", 40),
        following(1, "capture", an_id(10_003), "bob", 200),
        following(2, "void", an_id(10_004), "bob"),
        following(3, "refund", an_id(10_001), "bob", 250),
        following(4, "refund", an_id(10_001), "bob", 250),
        following(5, "refund", an_id(10_003), "bob", 1),
        holding(5, "bob", "ann", 7),
        paying(6, "ann", "bob", 9, execute_at=later(hours=1)),
    ]
    for command in commands:
        ledger.commit(lease, [command], NOW)


@pytest.fixture
def verified(capsys, monkeypatch, mongo_url):
    """Runs the command as an operator would; its exit code and its result."""
    monkeypatch.setenv("MONGO_URL", mongo_url("transaction_service"))

    def run(*arguments: str) -> tuple[int, dict]:
        code = verify.main(["--json", *arguments])
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("arguments", [(), ("--no-decide",), ("--account", "account-ann-EUR")])
def test_a_sound_ledger_is_proven(verified, arguments):
    code, proof = verified(*arguments)
    assert (code, proof["findings"], proof["head"]) == (0, [], 17)


def test_amounts_beyond_32_bits_are_decided_again_as_they_were(verified, ledger, lease):
    """MongoDB's driver has a type of its own for them, which is an integer and yet none to who looks at types."""
    millions = 5_000_000_000
    limits = dict.fromkeys(("per_transfer", "per_day", "per_payee", "new_payee"), 2 * millions)
    for command in [
        opening(102, "cem"),
        granting(202, "cem", 2 * millions),
        limiting(1, "account-cem-EUR", **limits),
        holding(1, "cem", "bob", millions),
        paying(2, "cem", "bob", millions + 1),
        paying(3, "cem", "bob", 3 * millions // 2, execute_at=later(hours=1)),
        following(1, "capture", an_id(10_001), "bob", millions),
        following(2, "refund", an_id(10_001), "bob", millions),
    ]:
        ledger.commit(lease, [command], NOW)
    code, proof = verified()
    assert (code, proof["findings"], proof["head"]) == (0, [], 13)


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("arguments", [("--no-decide",), ("--account", "account-bob-EUR")])
def test_one_entry_edited_in_the_store_is_named_with_account_position_and_expected_hash(
    verified, collections, arguments
):
    entry = collections.journal.find_one({"_id": 7})["entries"][1]
    collections.journal.update_one({"_id": 7}, {"$set": {"entries.1.hash": "0" * 64}})
    code, proof = verified(*arguments)
    finding = proof["findings"][0]
    assert code == 1
    assert (finding["kind"], finding["account"], finding["position"]) == ("chain", "account-bob-EUR", 7)
    assert entry["hash"] in finding["expected"]
    assert "0" * 64 in finding["found"]


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("name", "change", "kind"),
    [
        ("accounts", {"$inc": {"posted": 5}}, "account"),
        ("accounts", {"$inc": {"pending_in": 5}}, "account"),
        ("accounts", {"$set": {"status": "frozen"}}, "account"),
        ("transfers", {"$set": {"body.amount": 5}}, "transfer"),
        ("transfers", {"$unset": {"spender": ""}}, "transfer"),
        ("paid", {"$inc": {"while_new": -1}}, "paid"),
        ("control", {"$inc": {"head": -1}}, "head"),
        ("control", {"$inc": {"position": 99}}, "head"),
    ],
)
def test_what_is_edited_beside_the_journal_is_found(verified, collections, name, change, kind):
    field = "head" if "head" in str(change) else "position" if "position" in str(change) else "_id"
    collections.database[name].update_one({field: {"$exists": True}}, change)
    code, proof = verified()
    assert code == 1
    assert kind in proof["problems"]


def test_documents_with_ids_of_another_type_are_found(verified, collections):
    collections.journal.insert_one({"_id": "6", "key": "k", "command_id": "c"})
    collections.accounts.insert_one({"_id": 6, "posted": 1, "currency": "EUR"})
    code, proof = verified()
    assert (code, set(proof["problems"])) == (1, {"head", "account", "money_created"})


def test_an_unknown_account_and_a_store_that_is_away_are_no_proof(capsys, monkeypatch, mongo_url):
    monkeypatch.setenv("MONGO_URL", mongo_url("transaction_service"))
    assert verify.main(["--account", "nobody"]) == 2
    monkeypatch.setenv("MONGO_URL", "mongodb://127.0.0.1:9/ledger?directConnection=true")
    assert verify.main([]) == 2
    assert "not verified: there is no account nobody" in capsys.readouterr().err


def test_a_writer_that_writes_meanwhile_is_no_drift(collections, ledger, lease, mongo_url):
    stop = threading.Event()
    committed = []

    def write() -> None:
        number = 1_000
        while not stop.is_set():
            new = f"user{number}"
            opened = [opening(number, new), granting(number + 100_000, new, 500)]
            held = [paying(number, "ann", new, 1), holding(number + 50_000, new, "bob", 2)]
            ledger.commit(lease, [*opened, *held], NOW)
            committed.append(number)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    client = mongo.connect(mongo_url("transaction_service"), "test-verify")
    try:
        while len(committed) < 20:
            assert writer.is_alive()
        clock = iter(range(0, 10_000_000, 100))
        proofs = [
            Prover(LedgerSweep(type(collections)(client)), PlainSteps(), lambda: next(clock), decide=True).prove()
            for _ in range(3)
        ]
    finally:
        stop.set()
        writer.join()
        client.close()
    assert [proof.findings for proof in proofs] == [[], [], []]
    assert proofs[0].head < proofs[2].head


def documents(collections) -> dict[str, list[dict]]:
    return {name: list(collections.database[name].find().sort("_id")) for name in KINDS}


@pytest.mark.usefixtures("history")
def test_dropped_projections_are_rebuilt_equal_to_the_document(collections, keeper, lease, ledger, verified, capsys):
    keeper.release(lease)
    before = documents(collections)
    indexes = {name: set(collections.database[name].index_information()) for name in KINDS}
    for name in KINDS:
        collections.database[name].drop()
    assert rebuild.main() == 0
    assert capsys.readouterr().out.startswith("rebuilt up to position 17: accounts 3, ")
    assert documents(collections) == before
    assert {name: set(collections.database[name].index_information()) for name in KINDS} == indexes
    assert verified()[0] == 0
    held = keeper.try_acquire()
    answers = ledger.commit(held, [following(9, "capture", an_id(10_005), "ann")], NOW).answers
    assert [str(answer.outcome) for answer in answers] == ["captured"]


def test_nothing_is_rebuilt_under_a_writer(collections, keeper, lease):
    stop = threading.Event()

    def hold() -> None:
        while not stop.wait(0.2):
            keeper.beat(lease)

    writer = threading.Thread(target=hold)
    writer.start()
    before = documents(collections)
    try:
        with pytest.raises(RefusedError, match="a writer holds the ledger"):
            rebuild.rebuild(collections, LeaseKeeper(collections, "rebuild", time.monotonic), PlainSteps())
    finally:
        stop.set()
        writer.join()
    assert documents(collections) == before


def test_nothing_is_rebuilt_from_a_journal_that_is_not_sound(collections, keeper, lease):
    keeper.release(lease)
    collections.journal.update_one({"_id": 3}, {"$inc": {"entries.1.amount": 1}})
    before = documents(collections)
    with pytest.raises(RefusedError, match="the journal is not sound: chain at position 3"):
        rebuild.rebuild(collections, LeaseKeeper(collections, "rebuild", time.monotonic), PlainSteps())
    assert documents(collections) == before
    assert MongoLedger(collections).commit(keeper.try_acquire(), [paying(1, "ann", "bob", 1)], NOW).head == 6
