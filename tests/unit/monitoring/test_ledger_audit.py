"""The audit on a ledger that real code wrote and a hand may have edited."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from prometheus_client import CollectorRegistry

from monitoring.audit.job import Bounds, LedgerAudit
from monitoring.metrics import AuditMetrics
from tests.manual_clock import ManualClock
from tests.unit.monitoring.ledger_in_memory import LedgerInMemory, ResultsInMemory
from tests.unit.transaction_service.full_history import live
from tests.unit.transaction_service.ledgers import opening, opening_the_world, paying
from tests.unit.transaction_service.machine import LedgerMachine
from transaction_service.storage.documents import account_of

REST_SECONDS = Bounds().rest_seconds


class Audited:
    """A ledger, its audit, and what the audit tells."""

    def __init__(self, *usernames: str, bounds: Bounds = Bounds(), ledger: LedgerInMemory | None = None) -> None:  # noqa: B008 - it is frozen
        self.clock = ManualClock()
        self.registry = CollectorRegistry()
        self.ledger = ledger or LedgerInMemory(*usernames)
        self.results = ResultsInMemory()
        metrics = AuditMetrics(self.registry, self.now)
        self.audit = LedgerAudit(self.ledger, self.results, metrics, self.clock, bounds)

    def now(self) -> float:
        return self.clock.now().timestamp()

    def passes(self, count: int = 1) -> None:
        for _ in range(count):
            self.audit.run_once()
            self.clock.advance(REST_SECONDS)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)

    @property
    def breaches(self) -> list[dict]:
        assert self.results.latest is not None
        return self.results.latest["breaches"]

    def named(self) -> set[tuple[str, str, int]]:
        return {(breach["kind"], breach["account"], breach["position"]) for breach in self.breaches}

    def series(self) -> dict[tuple[str, str, str], float]:
        (family,) = [each for each in self.registry.collect() if each.name == "ledger_breach"]
        return {(s.labels["kind"], s.labels["account"], s.labels["position"]): s.value for s in family.samples}


@pytest.fixture
def audited() -> Audited:
    """ann and bob with EUR 1,000.00 each (positions 1 to 5), ann has paid bob (6 and 7); audited once."""
    made = Audited("ann", "bob")
    made.ledger.decide(paying(1, "ann", "bob", 1_250), paying(2, "ann", "bob", 5, note="rent"))
    made.passes()
    return made


def test_a_sound_ledger_has_no_breach(audited):
    assert audited.breaches == []
    assert audited.series() == {}
    assert audited.value("ledger_money_created_minor_units", currency="EUR") == 0
    assert audited.value("ledger_audited_position") == 7
    assert audited.value("ledger_audited_accounts") == 3


def test_what_is_posted_later_is_audited_in_the_next_pass(audited):
    audited.ledger.decide(paying(3, "bob", "ann", 7), paying(4, "bob", "nobody", 7), opening(300, "cem"))
    audited.passes()
    assert audited.breaches == []
    assert audited.value("ledger_audited_position") == 10


def test_a_balance_edited_by_hand_moves_the_money_and_names_the_account(audited):
    audited.ledger.accounts["account-ann-EUR"]["posted"] += 500
    audited.passes()
    assert audited.value("ledger_money_created_minor_units", currency="EUR") == 500
    assert audited.value("ledger_drifted_accounts") == 1
    assert audited.series() == {("drift", "account-ann-EUR", "7"): 500}
    (breach,) = audited.breaches
    assert (breach["expected"], breach["found"]) == ("posted 98745", "posted 99245")


def test_a_mended_balance_is_forgotten_at_the_next_pass(audited):
    audited.ledger.accounts["account-ann-EUR"]["posted"] += 500
    audited.passes()
    audited.ledger.accounts["account-ann-EUR"]["posted"] -= 500
    audited.passes()
    assert audited.series() == {}
    assert audited.value("ledger_money_created_minor_units", currency="EUR") == 0
    assert audited.value("ledger_drifted_accounts") == 0


def test_a_balance_edited_by_hand_stays_money_created_when_it_has_been_spent(audited):
    audited.ledger.accounts["account-ann-EUR"]["posted"] += 500
    audited.ledger.decide(paying(3, "ann", "bob", 1))
    audited.passes(3)
    assert audited.value("ledger_money_created_minor_units", currency="EUR") == 500
    assert audited.series() == {("chain", "account-ann-EUR", "8"): 500}


def test_a_breach_keeps_the_time_of_its_first_sighting(audited):
    audited.ledger.accounts["account-ann-EUR"]["posted"] += 500
    first = audited.clock.now()
    audited.passes(3)
    (breach,) = audited.breaches
    assert breach["first_seen_at"] == first
    assert audited.results.latest["at"] == first + timedelta(seconds=2 * REST_SECONDS)


def test_an_account_below_zero_is_named_twice_over(audited):
    audited.ledger.accounts["account-bob-EUR"]["posted"] = -3
    audited.passes()
    assert {kind for kind, _, _ in audited.named()} == {"drift", "negative"}
    assert audited.value("ledger_negative_accounts") == 1


def test_only_the_world_may_be_negative(audited):
    assert audited.ledger.accounts["world:EUR"]["posted"] == -200_000
    assert audited.value("ledger_negative_accounts") == 0


def test_an_account_that_vanished_is_named(audited):
    del audited.ledger.accounts["account-bob-EUR"]
    audited.passes()
    audited.passes()
    assert audited.named() == {("drift", "account-bob-EUR", 7)}
    assert audited.value("ledger_money_created_minor_units", currency="EUR") == -101_255


def test_an_account_that_the_journal_never_opened_is_money_made_up(audited):
    made_up = audited.ledger.accounts["account-ann-EUR"] | {"_id": "account-eve-EUR", "posted": 40}
    audited.ledger.accounts["account-eve-EUR"] = made_up
    audited.passes()
    assert audited.named() == {("drift", "account-eve-EUR", 0)}
    assert audited.value("ledger_money_created_minor_units", currency="EUR") == 40
    del audited.ledger.accounts["account-eve-EUR"]
    audited.passes()
    assert audited.breaches == []
    assert audited.value("ledger_money_created_minor_units", currency="EUR") == 0


def test_money_made_up_in_a_currency_that_nobody_has_is_told_and_forgotten_with_its_account(audited):
    made_up = audited.ledger.accounts["account-ann-EUR"] | {"_id": "account-eve-XAU", "currency": "XAU", "posted": 40}
    audited.ledger.accounts["account-eve-XAU"] = made_up
    audited.passes()
    assert audited.value("ledger_money_created_minor_units", currency="XAU") == 40
    del audited.ledger.accounts["account-eve-XAU"]
    audited.passes()
    assert audited.value("ledger_money_created_minor_units", currency="XAU") == 0


def test_an_old_entry_edited_by_hand_is_found_by_the_sweep_and_named(audited):
    audited.ledger.journal[6]["entries"][1]["amount"] += 1
    audited.passes()
    assert audited.named() == {("chain", "account-bob-EUR", 6), ("unbalanced", "account-ann-EUR", 6)}
    assert audited.value("ledger_chain_broken_accounts") == 1
    assert audited.value("ledger_money_created_minor_units", currency="EUR") == 0


def test_an_entry_that_was_edited_before_the_audit_began_is_found_at_once(audited):
    later = Audited()
    later.ledger = audited.ledger
    later.ledger.journal[6]["entries"][1]["amount"] += 1
    later.audit = LedgerAudit(later.ledger, later.results, AuditMetrics(CollectorRegistry(), lambda: 0.0), later.clock)
    later.passes()
    assert ("chain", "account-bob-EUR", 6) in later.named()


def test_a_mended_entry_is_forgotten_after_a_round_of_the_sweep(audited):
    before = copy.deepcopy(audited.ledger.journal[6])
    audited.ledger.journal[6]["entries"][1]["hash"] = "f" * 64
    audited.passes()
    assert ("chain", "account-bob-EUR", 6) in audited.named()
    audited.ledger.journal[6] = before
    audited.passes(2)
    assert audited.breaches == []
    assert audited.value("ledger_chain_broken_accounts") == 0


def test_one_altered_entry_breaks_one_account_however_much_follows(audited):
    audited.ledger.decide(*[paying(number, "ann", "bob", 1) for number in range(10, 40)])
    audited.ledger.journal[6]["entries"][0]["balance_after"] += 1
    audited.passes(2)
    assert audited.named() == {("chain", "account-ann-EUR", 6)}


def test_a_record_that_was_taken_out_is_a_gap(audited):
    del audited.ledger.journal[7]
    audited.passes()
    assert ("gap", "", 7) in audited.named()
    assert audited.value("ledger_journal_gaps") == 1


def test_records_that_the_writer_does_not_know_are_named(audited):
    audited.ledger.at_head -= 2
    audited.passes()
    assert ("gap", "", 6) in audited.named()
    assert audited.series()[("gap", "", "6")] == 2


def test_a_note_in_an_old_record_that_was_changed_is_found(audited):
    audited.ledger.journal[7]["body"]["note"] = "ransom"
    audited.passes()
    assert audited.named() == {("chain", "account-ann-EUR", 7)}


def test_a_record_of_another_shape_is_a_breach_and_not_a_crash(audited):
    audited.ledger.journal[6]["entries"][0]["amount"] = "12.50"
    audited.ledger.accounts["account-bob-EUR"]["posted"] = "a lot"
    audited.passes()
    assert {("chain", "account-ann-EUR", 6), ("drift", "account-bob-EUR", 7)} <= audited.named()


def test_at_most_ten_breaches_become_series():
    crowd = Audited(*[f"demo-{number:03}" for number in range(30)])
    for account in crowd.ledger.accounts.values():
        account["posted"] += 1
    crowd.passes()
    assert len(crowd.series()) == 10
    assert crowd.value("ledger_drifted_accounts") == 31


def test_accounts_beyond_a_pass_are_compared_in_the_next():
    crowd = Audited(*[f"demo-{number:03}" for number in range(10)], bounds=Bounds(accounts=4))
    crowd.passes(3)
    assert crowd.value("ledger_audited_accounts") == 11
    crowd.ledger.decide(paying(1, "demo-000", "demo-009", 5), opening(900, "aaa"))
    crowd.ledger.accounts["account-demo-009-EUR"]["posted"] += 1
    crowd.passes(3)
    assert crowd.named() == {("drift", "account-demo-009-EUR", 22)}
    assert crowd.value("ledger_money_created_minor_units", currency="EUR") == 1


def test_a_long_history_is_folded_over_several_passes():
    late = Audited("ann", "bob", "cem", bounds=Bounds(chunk=3, catch_up_seconds=-1.0))
    late.audit.run_once()
    assert late.results.latest is None
    late.clock.advance(60)
    assert late.value("ledger_audit_age_seconds") == 60
    late.passes(2)
    assert late.value("ledger_audited_position") == 7
    assert late.breaches == []


def test_the_sweep_rests_between_its_rounds_and_goes_in_steps():
    audited = Audited("ann", "bob", "cem", bounds=Bounds(sweep_records=3))
    audited.passes(2)
    assert audited.value("ledger_audit_sweep_position") == 3
    audited.passes(2)
    assert audited.value("ledger_audit_sweep_position") == 7
    assert audited.results.latest["sweep"]["finished_at"] is not None


def test_two_currencies_are_summed_apart():
    audited = Audited("ann")
    audited.ledger.decide(opening_the_world(50, "JPY"), opening(51, "ann", "JPY"))
    audited.ledger.accounts["account-ann-JPY"]["posted"] = 3
    audited.passes()
    assert audited.value("ledger_money_created_minor_units", currency="JPY") == 3
    assert audited.value("ledger_money_created_minor_units", currency="EUR") == 0


def leaves(value, path=()):
    """The path of every value that a hand could edit; not the id, which MongoDB lets nobody change."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if path or key != "_id":
                yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*path, number))
    else:
        yield path


def edited(document, path, by):
    """Change the value at `path` to another one of a like type."""
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


@pytest.fixture(scope="module")
def lived() -> LedgerInMemory:
    """Everything that may happen on a ledger has happened on this one."""
    made = LedgerInMemory("ann", "bob", "cem")
    live(made.decide, made.pass_time)
    return made


def audited_copy(lived: LedgerInMemory) -> Audited:
    """One to be edited by hand, audited once before."""
    made = Audited(ledger=copy.deepcopy(lived))
    made.passes()
    return made


def test_holds_refunds_plans_and_limits_are_no_breach(lived):
    audited = audited_copy(lived)
    assert audited.breaches == []
    assert audited.value("ledger_drifted_accounts") == 0
    assert audited.value("ledger_audited_position") == 65


@settings(max_examples=150)
@given(data=st.data(), by=st.integers(-5, 5).filter(bool), before=st.booleans())
def test_any_single_edit_of_what_is_stored_is_found_and_named(lived, data, by, before):
    audited = audited_copy(lived)
    ledger = audited.ledger
    collections = [ledger.journal, ledger.accounts, ledger.transfers, ledger.paid]
    name = data.draw(st.sampled_from(sorted((id for collection in collections for id in collection), key=str)))
    (documents,) = [collection for collection in collections if name in collection]
    path = data.draw(st.sampled_from(list(leaves(documents[name]))))
    if before:
        ledger.decide(paying(903, "cem", "bob", 1))
    edited(documents[name], path, by)
    audited.passes()
    named = {
        text for b in audited.breaches for text in (b["account"], b["position"], *b["expected"].split(":")[0].split())
    }
    assert name in named, audited.breaches


def test_no_field_of_an_account_can_be_edited_unseen(lived):
    audited = audited_copy(lived)
    for account, document in audited.ledger.accounts.items():
        whole = copy.deepcopy(document)
        for path in leaves(whole):
            edited(document, path, 1)
            audited.passes()
            assert account in {breach["account"] for breach in audited.breaches}, (account, path)
            audited.ledger.accounts[account] = document = copy.deepcopy(whole)


@pytest.mark.parametrize("name", ["transfers", "paid"])
def test_a_transfer_or_a_counter_that_vanished_or_was_made_up_is_named(lived, name):
    audited = audited_copy(lived)
    documents = getattr(audited.ledger, name)
    id, document = documents.popitem()
    audited.passes()
    (breach,) = audited.breaches
    assert (breach["kind"], breach["expected"], breach["found"]) == ("drift", f"{name} {id}: a document", "none")
    documents |= {id: document, "made-up": {**document, "_id": "made-up"}}
    audited.passes()
    (breach,) = audited.breaches
    assert breach["expected"] == f"{name} made-up: no such document"
    del documents["made-up"]
    audited.passes()
    assert audited.breaches == []
    assert audited.value("ledger_drifted_accounts") == 0


def test_transfers_and_counters_beyond_a_pass_are_compared_in_the_next():
    audited = Audited("ann", "bob", "cem", bounds=Bounds(others=3))
    live(audited.ledger.decide, audited.ledger.pass_time)
    audited.passes(6)
    assert audited.breaches == []
    last = max(audited.ledger.transfers)
    audited.ledger.transfers[last]["status"] = "voided"
    audited.passes(6)
    (breach,) = audited.breaches
    assert breach["expected"].startswith(f"transfers {last}: status ")


def test_a_sweep_that_reads_it_all_again_says_the_same(lived):
    audited = audited_copy(lived)
    audited.passes(3)
    assert audited.results.latest["sweep"]["finished_at"] is not None
    assert audited.breaches == []


class AuditedMachine(LedgerMachine):
    """Any history of payments, holds, captures, refunds, freezes and limits, audited as it goes."""

    def __init__(self) -> None:
        super().__init__()
        self.audited = Audited(ledger=LedgerInMemory.empty())

    def ask_all(self, commands, now):
        self.audited.ledger.turn_to(now)
        return self.audited.ledger.decide(*commands).answers

    def accounts(self):
        return {id: account_of(document) for id, document in self.audited.ledger.accounts.items()}

    def teardown(self) -> None:
        self.audited.passes(3)
        assert self.audited.breaches == []


def test_no_history_of_the_ledger_machine_is_a_breach():
    run_state_machine_as_test(AuditedMachine, settings=settings(max_examples=30, stateful_step_count=30))


PEOPLE = ["ann", "bob", "cem"]


@settings(max_examples=50)
@given(steps=st.lists(st.lists(st.permutations(PEOPLE), max_size=4), max_size=8))
def test_no_history_that_the_writer_wrote_is_a_breach(steps):
    audited = Audited(*PEOPLE)
    number = 0
    for step in steps:
        # Some of them are refused for lack of money.
        commands = [paying(number + n, payer, payee, 30_000) for n, (payer, payee, _) in enumerate(step)]
        number += len(commands)
        audited.ledger.decide(*commands)
        audited.passes()
        assert audited.breaches == []


def edit(audited: Audited, position: int) -> None:
    """In the middle of the history, far behind the sweep; MongoDB tells of it."""
    audited.ledger.journal[position]["entries"][1]["amount"] += 1
    audited.ledger.touched.append(position)


def test_an_edit_is_named_in_the_next_pass_though_the_sweep_is_far_away():
    audited = Audited("ann", "bob", bounds=Bounds(sweep_records=1, rest_seconds=3_600))
    audited.ledger.decide(*[paying(number, "ann", "bob", 1) for number in range(1, 40)])
    audited.passes()
    edit(audited, 30)
    audited.audit.run_once()
    assert ("chain", "account-ann-EUR", 30) in audited.named()
    assert audited.value("ledger_chain_broken_accounts") == 1
    assert audited.value("ledger_journal_edits_total") == 1

    audited.ledger.journal[30]["entries"][1]["amount"] -= 1
    audited.ledger.touched.append(30)
    audited.audit.run_once()
    assert audited.breaches == []


def test_a_removed_record_is_named_until_it_is_back(audited):
    record = audited.ledger.journal.pop(6)
    audited.ledger.touched.append(6)
    audited.audit.run_once()
    assert ("gap", "", 6) in audited.named()
    assert audited.value("ledger_journal_gaps") >= 1
    audited.ledger.journal[6] = record
    audited.passes(2)
    assert audited.breaches == []


def test_what_was_touched_and_is_as_it_was_is_no_breach(audited):
    audited.ledger.touched += [6, 7, "7b"]
    audited.audit.run_once()
    assert audited.breaches == []
