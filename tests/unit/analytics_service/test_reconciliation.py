"""The reports held against the ledger: whatever is changed in the lake is found, named, and over once it is mended."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from analytics_service.domain.reconciliation import KINDS
from analytics_service.engine import Engine, on_threads
from analytics_service.housekeeping import GRACE
from analytics_service.lake.schema import LAKE
from analytics_service.metrics import ReconciliationMetrics
from analytics_service.ports import LedgerAway
from analytics_service.use_cases import reconcile
from analytics_service.use_cases.reconcile import Reconcile
from analytics_service.use_cases.reported import Reported
from contracts.session import COOKIE_NAME
from tests.unit.analytics_service.added_up import lake_of
from tests.unit.analytics_service.histories import everything
from tests.unit.analytics_service.ledgers import LedgerInMemory
from tests.unit.analytics_service.reconciliation_contract import ReconciliationsContract, an_interval
from tests.unit.analytics_service.reconciliations_in_memory import ReconciliationsInMemory
from tests.unit.transaction_service.histories import a_history

RECORDS = everything()
SEVERAL_WEEKS = a_history(seed=3, steps=100)


class TestReconciliationsInMemory(ReconciliationsContract):
    @pytest.fixture
    def kept(self):
        return ReconciliationsInMemory()


class Reconciled:
    """A lake of a history, the ledger that it came from, and the job that holds one against the other."""

    def __init__(self, folder, records=RECORDS):
        self.lake = lake_of(records, folder)
        self.ledger = LedgerInMemory(records)
        self.kept = ReconciliationsInMemory()
        self.registry = CollectorRegistry()
        self.clock = self.lake.clock
        self.job = Reconcile(
            self.ledger,
            Reported(self.lake.manifest, self.lake.folder, Engine(on_threads)),
            self.kept,
            ReconciliationMetrics(self.registry, lambda: self.clock.now().timestamp()),
            self.clock,
            period_seconds=60.0,
        )

    def look(self):
        """A minute later; the breaks that stand."""
        self.clock.advance(60)
        self.job.run_once()
        return [each for interval in self.kept.latest(100) for each in interval.breaks]

    def value(self, name, **labels):
        return self.registry.get_sample_value(f"analytics_reconciliation_{name}", labels)

    def file_of(self, position):
        (file,) = (f for f in self.lake.manifest.snapshot().files if f.first_position <= position <= f.last_position)
        return self.lake.folder.path(file.path)

    def change(self, position, **values):
        """Another value in the row of a position, without the manifest's knowledge; None drops the row."""
        path = self.file_of(position)
        rows = pq.read_table(path, schema=LAKE, partitioning=None).to_pylist()
        changed = [row | values if row["position"] == position else row for row in rows]
        if not values:
            changed = [row for row in rows if row["position"] != position]
        pq.write_table(pa.Table.from_pylist(changed, LAKE), path)


@pytest.fixture
def all_of_it(tmp_path):
    return Reconciled(tmp_path)


def a_payment():
    """The last one that was posted to one payee."""
    return next(
        record
        for record in reversed(RECORDS)
        if record.event["type"] == "transfer.posted" and len(record.entries) == 2 and record.of is None
    )


def test_a_lake_of_everything_the_ledger_decided_agrees_with_it(all_of_it):
    assert all_of_it.look() == []
    assert all_of_it.value("position") == len(RECORDS)
    assert all(all_of_it.value("breaks", kind=kind) == 0 for kind in KINDS)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_wherever_an_interval_ends_it_agrees(all_of_it, monkeypatch, size):
    monkeypatch.setattr(reconcile, "POSITIONS_MAX", size)
    monkeypatch.setattr(reconcile, "INTERVALS_AT_ONCE", 1000)
    assert all_of_it.look() == []
    assert len(all_of_it.kept.intervals) == -(-len(RECORDS) // size)


def test_a_row_that_is_missing_is_a_break_of_records_totals_and_accounts(all_of_it):
    lost = a_payment()
    all_of_it.change(lost.position)
    found = all_of_it.look()
    assert {each.kind for each in found} == set(KINDS)
    (records,) = (each for each in found if each.kind == "records")
    assert (records.ledger, records.reports) == (len(RECORDS), len(RECORDS) - 1)
    assert {each.account for each in found if each.kind == "account"} == {entry.account for entry in lost.entries}
    assert all_of_it.value("breaks", kind="account") == sum(each.kind == "account" for each in found)


def test_a_balance_that_differs_is_named_with_both_figures(all_of_it):
    accounts = {entry.account: (record, entry) for record in RECORDS for entry in record.entries}
    account, (record, entry) = next(
        (account, last) for account, last in accounts.items() if last[0].entries[0].account == account
    )
    all_of_it.change(record.position, payer_balance_after=entry.balance_after + 1)
    (found,) = all_of_it.look()
    assert (found.kind, found.what, found.account) == ("account", "balance", account)
    assert (found.ledger, found.reports) == (entry.balance_after, entry.balance_after + 1)


def test_a_total_that_differs_names_day_currency_type_and_status(all_of_it):
    rejected = next(record for record in RECORDS if record.event["type"] == "transfer.rejected")
    all_of_it.change(rejected.position, status="voided")
    found = all_of_it.look()
    assert {each.kind for each in found} == {"totals"}
    assert {(each.day, each.status) for each in found} == {
        (f"{rejected.at:%Y-%m-%d}", "rejected"),
        (f"{rejected.at:%Y-%m-%d}", "voided"),
    }


CHANGES = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"currency": st.just("CHF")}),
    st.fixed_dictionaries({"type": st.just("withdrawal")}),
    st.fixed_dictionaries({"status": st.just("pending")}),
    st.fixed_dictionaries({"payer_account": st.just("account-mallory-EUR")}),
)


@given(st.data())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_changed_of_what_was_posted_is_found(tmp_path_factory, data):
    posted = [record for record in RECORDS if record.entries and record.answer.body["type"] != "withdrawal"]
    reconciled = Reconciled(tmp_path_factory.mktemp("lake"))
    reconciled.change(data.draw(st.sampled_from(posted)).position, **data.draw(CHANGES))
    assert reconciled.look()


def test_what_is_mended_is_a_break_no_longer(all_of_it):
    path = all_of_it.file_of(a_payment().position)
    whole = path.read_bytes()
    all_of_it.change(a_payment().position, status="rejected")
    began = all_of_it.clock.now() + timedelta(seconds=60)
    assert all_of_it.look()
    assert all_of_it.look()
    (broken,) = all_of_it.kept.latest(10)
    assert broken.broken_since == began
    path.write_bytes(whole)
    assert all_of_it.look() == []
    (mended,) = all_of_it.kept.latest(10)
    assert (mended.agrees, mended.broken_since) == (True, None)
    assert all_of_it.value("breaks", kind="account") == 0


def test_what_is_changed_after_it_was_looked_at_is_found_too(all_of_it):
    assert all_of_it.look() == []
    all_of_it.change(a_payment().position)
    assert all_of_it.look()


DAYS_KEPT = 3


def of_several_weeks(tmp_path):
    """As it is on its last day."""
    some = Reconciled(tmp_path, SEVERAL_WEEKS)
    some.clock.advance((SEVERAL_WEEKS[-1].at - some.clock.now()).total_seconds())
    return some


def let_go(some):
    """Delete what is kept no longer; the first record that is kept."""
    housekeeper = some.lake.housekeeper(days=DAYS_KEPT)
    housekeeper.retire_days()
    some.clock.advance(GRACE.total_seconds() + 1)
    housekeeper.sweep()
    first = next(record for record in SEVERAL_WEEKS if record.at >= some.lake.manifest.snapshot().complete_from)
    assert some.lake.positions() == list(range(first.position, len(SEVERAL_WEEKS) + 1))
    return first


@pytest.mark.parametrize("size", [15, 50_000])
@pytest.mark.parametrize("known", [True, False], ids=["looked at before", "in a lake that is new"])
def test_what_the_lake_has_let_go_of_is_no_break(tmp_path, monkeypatch, size, known):
    monkeypatch.setattr(reconcile, "POSITIONS_MAX", size)
    monkeypatch.setattr(reconcile, "INTERVALS_AT_ONCE", 1000)
    monkeypatch.setattr(reconcile, "AGREEING_AT_ONCE", 1000)
    some = of_several_weeks(tmp_path)
    if known:
        assert some.look() == []
    assert 1 < let_go(some).position < len(SEVERAL_WEEKS)
    assert some.look() == []
    assert some.value("position") == len(SEVERAL_WEEKS)


def test_a_break_in_what_the_lake_has_let_go_of_is_over(tmp_path):
    some = of_several_weeks(tmp_path)
    some.change(next(record.position for record in SEVERAL_WEEKS if record.entries), status="rejected")
    assert some.look()
    let_go(some)
    assert some.look() == []


def test_what_is_kept_beside_it_is_still_held_against_the_ledger(tmp_path):
    some = of_several_weeks(tmp_path)
    first = let_go(some)
    assert some.look() == []
    moved = next(record for record in SEVERAL_WEEKS if record.entries and record.position > first.position)
    some.change(moved.position)
    assert {each.kind for each in some.look()} == set(KINDS)


def test_a_file_that_is_lost_right_after_what_was_let_go_of_is_found(tmp_path):
    some = of_several_weeks(tmp_path)
    let_go(some)
    assert some.look() == []
    del some.lake.manifest.files[some.lake.manifest.snapshot().files[0].path]
    assert "totals" in {each.kind for each in some.look()}


def test_each_closed_interval_is_asked_for_once_when_it_is_new(tmp_path):
    some = Reconciled(tmp_path, RECORDS[:20])
    some.look()
    for record in RECORDS[20:]:
        some.lake.put(record.event)
        some.ledger.records.append(record)
    some.ledger.asked.clear()
    some.look()
    assert (20, len(RECORDS)) in some.ledger.asked
    # What agrees with what is before it is one interval with it.
    assert [(each.after, each.upto) for each in some.kept.latest(10)] == [(0, len(RECORDS))]


def test_what_is_not_whole_in_the_lake_is_not_held_against_the_ledger(tmp_path):
    some = Reconciled(tmp_path, RECORDS[:20])
    some.ledger.records = list(RECORDS)
    some.lake.put(RECORDS[25].event)
    assert some.look() == []
    assert some.kept.upto() == 20


def test_it_is_all_reconciled_up_to_now_unless_the_ledger_has_more(tmp_path):
    some = Reconciled(tmp_path, RECORDS[:20])
    some.look()
    assert some.value("upto_timestamp_seconds") == some.clock.now().timestamp()
    some.ledger.records = list(RECORDS)
    some.look()
    assert some.value("upto_timestamp_seconds") == RECORDS[19].at.timestamp()


def test_without_the_ledger_nothing_is_claimed(all_of_it):
    began = all_of_it.clock.now()
    all_of_it.ledger.away = True
    with pytest.raises(LedgerAway):
        all_of_it.look()
    assert all_of_it.kept.latest(10) == []
    assert all_of_it.value("upto_timestamp_seconds") == began.timestamp()


def test_of_thousands_of_breaks_some_are_kept_and_all_are_counted(all_of_it, monkeypatch):
    monkeypatch.setattr("analytics_service.domain.reconciliation.BREAKS_KEPT", 3)
    for file in all_of_it.lake.manifest.snapshot().files:
        path = all_of_it.lake.folder.path(file.path)
        pq.write_table(pq.read_table(path, schema=LAKE, partitioning=None).slice(0, 0), path)
    assert len(all_of_it.look()) == 3
    (interval,) = all_of_it.kept.latest(1)
    assert sum(interval.counts.values()) > 3


def ask(front, who, query=""):
    return front.get(f"/v1/reconciliation{query}", headers={"Authorization": f"Bearer {who}"})


def test_programs_are_told_what_differs_and_where(front, lake):
    for interval in (an_interval(0, 10, broken=True), an_interval(10, 20)):
        lake.reconciliations.keep(interval)
    answer = ask(front, "olga").json
    assert (answer["upto"], answer["breaks"]) == (20, {"records": 0, "totals": 0, "account": 1})
    assert [interval["agrees"] for interval in answer["intervals"]] == [True, False]
    assert answer["intervals"][1]["breaks"] == [
        {
            "kind": "account",
            "what": "balance",
            "currency": "EUR",
            "account": "account-ann",
            "ledger": 100,
            "reports": 90,
        }
    ]
    assert answer == ask(front, "robot").json


def test_the_reconciliation_is_the_platforms_own_business(front):
    assert ask(front, "ann").json["code"] == "others_figures"
    assert ask(front, "reader").json["code"] == "scope_missing"
    front.set_cookie(COOKIE_NAME, "ann")
    assert front.get("/reconciliation").status_code == 403


@pytest.mark.parametrize("query", ["?limit=0", "?limit=101", "?limit=x", "?limit=1&limit=2", "?surprise=1"])
def test_a_query_that_makes_no_sense_is_refused(front, query):
    assert ask(front, "olga", query).json["code"] == "invalid_request"


def page(front):
    front.set_cookie(COOKIE_NAME, "olga")
    return front.get("/reconciliation").text


def test_the_page_says_in_words_how_it_is(front, lake):
    assert "Nothing has been compared yet" in page(front)
    lake.reconciliations.keep(an_interval(0, 10))
    assert "The reports agree with the ledger" in page(front)
    lake.reconciliations.keep(an_interval(10, 1_500, broken=True))
    text = page(front)
    assert "1 figure differs" in text
    assert "Positions 11 to 1,500" in text
    assert 'data-account="account-ann"' in text
    assert "€1.00" in text
    assert "€0.90" in text


def test_whoever_is_not_signed_in_is_sent_to_log_in(front):
    assert "/login_form?next=" in front.get("/reconciliation", headers={"Accept": "text/html"}).location
