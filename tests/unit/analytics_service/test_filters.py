"""One filter language: the same rows by every way in and out."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from urllib.parse import urlencode

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow.fs import LocalFileSystem

from analytics_service.filters import FIELDS, MANY, BadFilterError, Selection, selection_of
from analytics_service.lake.records import pushed_down
from analytics_service.lake.schema import LAKE
from analytics_service.reports import REPORTS
from contracts.moments import rfc3339
from tests.unit.analytics_service import plain
from tests.unit.analytics_service.added_up import reports
from tests.unit.analytics_service.chances import JOURNALS, selections
from tests.unit.analytics_service.fronts import application
from tests.unit.analytics_service.lakes import NOON, TestLake, account, an_id, transfer, user

OLGA = {"Authorization": "Bearer olga"}


def query_of(selection: Selection) -> str:
    """As a client writes it."""
    values = {name: value for name, value in selection.as_asked().items() if name not in ("from", "to")}
    moments = {"from": selection.from_, "to": selection.to}
    return urlencode(values | {name: rfc3339(at) for name, at in moments.items() if at}, doseq=True)


def filled(root, events):
    lake = TestLake(root)
    for first in range(0, len(events), 5):
        lake.put(*events[first : first + 5])
    return lake


def as_the_language_has_it(selection: Selection) -> bool:
    amounts = selection.amount_min is not None or selection.amount_max is not None
    ordered = selection.from_ is None or selection.to is None or selection.from_ < selection.to
    low, high = selection.amount_min or 0, selection.amount_max
    return ordered and (len(selection.currency) == 1 or not amounts) and (high is None or low <= high)


ASKED = selections(user_id=None).filter(as_the_language_has_it)


@pytest.mark.timeout(300)
@given(JOURNALS, ASKED, st.sampled_from((None, "ann", "bob")))
@settings(max_examples=12, deadline=None)
def test_screen_and_every_format_have_the_rows_that_plain_python_selects(tmp_path_factory, events, asked, who):
    lake = filled(tmp_path_factory.mktemp("lake"), events)
    selection = Selection(**{**vars(asked), "user_id": who and user(who)})
    client, query = application(lake).test_client(), query_of(asked)
    headers = {"Authorization": f"Bearer {who or 'olga'}"}

    legs = plain.selected(plain.legs_of(events), selection)
    expected = sorted(((leg["position"], leg["payee"]["account"], leg["amount"]) for leg in legs), reverse=True)

    def keys(rows):
        return sorted(((int(r["position"]), r["payee_account"] or None, int(r["amount"])) for r in rows), reverse=True)

    screen = client.get(f"/v1/rows?limit=1000&{query}", headers=headers).json["rows"]
    assert keys(screen) == expected
    lines = client.get(f"/v1/rows?format=csv&{query}", headers=headers).text
    assert keys(csv.DictReader(io.StringIO(lines))) == expected
    objects = client.get(f"/v1/rows?format=jsonl&{query}", headers=headers).text
    assert [json.loads(line) for line in objects.splitlines()] == screen
    file = client.get(f"/v1/rows?format=parquet&{query}", headers=headers).data
    assert keys(pq.read_table(io.BytesIO(file)).to_pylist()) == expected
    for engine in (1_000_000, 0):
        totals = reports(lake, pandas_rows_max=engine).answer([REPORTS["totals"]], selection).figures["totals"]
        assert totals == plain.figures("totals", events, selection)


@given(ASKED)
@settings(deadline=None)
def test_a_query_is_read_as_it_was_written(asked):
    written = {name: value if name in MANY else str(value) for name, value in asked.as_asked().items()}
    written |= {name: rfc3339(at) for name, at in (("from", asked.from_), ("to", asked.to)) if at}
    assert selection_of(written) == asked


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", [{"$gt": ""}, [["posted"]], True, 1.5, [None], ["\ud800"]])
def test_a_value_of_another_kind_is_refused_with_its_name(name, value):
    with pytest.raises(BadFilterError) as refused:
        selection_of({name: value})
    assert refused.value.name == name
    assert name in str(refused.value)


def test_several_values_of_one_filter_are_either_of_them():
    asked = selection_of({"type": ["refund", "payment", "refund"], "status": "posted", "currency": " "})
    assert (asked.type, asked.status, asked.currency) == (("payment", "refund"), ("posted",), ())


def positions(front, query, who="olga"):
    rows = front.get(f"/v1/rows?{query}", headers={"Authorization": f"Bearer {who}"}).json["rows"]
    return [row["position"] for row in rows]


@pytest.fixture
def dealt(lake):
    lake.put(
        transfer(1, None, "ann", 100_000),
        transfer(2, "ann", "bob", 1250),
        transfer(3, "bob", "ann", 300),
        transfer(4, "ann", None, 9, reason="unknown_payee"),
        transfer(5, "cleo", None, payees=[("ann", 700), ("bob", 50)]),
    )
    return lake


def test_an_amount_is_what_a_payee_got_and_not_the_whole_of_a_split(front, dealt):
    assert positions(front, "currency=EUR&amount_min=700&amount_max=1250") == [5, 2]
    assert positions(front, "currency=EUR&amount_min=750&amount_max=750") == []
    assert positions(front, "currency=EUR&amount_max=50") == [5, 4]


def test_a_payee_cannot_learn_the_others_parts_by_the_amount(front, dealt):
    assert positions(front, "currency=EUR&amount_min=51", "bob") == [3, 2]
    assert positions(front, "currency=EUR&amount_max=50", "bob") == [5]


@pytest.mark.parametrize("attempt", ["capture", "void"])
def test_a_refused_attempt_at_a_hold_is_seen_by_staff_alone(front, lake, attempt):
    tried = transfer(2, "ann", "bob", 9, type=attempt, reason="not_pending")
    tried["transfer"]["original"] = an_id(7)
    lake.put(transfer(1, None, "ann", 100_000), tried)
    assert positions(front, "") == [2, 1]
    assert positions(front, "", "ann") == [1], "or whom one pays could fill one's reports"
    assert positions(front, "", "bob") == []


@pytest.mark.parametrize("name", [account, user])
def test_the_counterparty_is_on_the_other_side_of_the_account_or_else_of_the_person(front, dealt, name):
    assert positions(front, f"counterparty={name('bob')}", "ann") == [3, 2]
    assert positions(front, f"counterparty={name('bob')}&user={user('ann')}") == [3, 2]
    assert positions(front, f"counterparty={name('ann')}&account={account('cleo')}") == [5]
    assert positions(front, f"counterparty={name('ann')}", "ann") == [], "nobody is their own counterparty"


def test_without_a_point_of_view_the_counterparty_is_on_any_side(front, dealt):
    assert positions(front, f"counterparty={account('bob')}") == [5, 3, 2]


def test_a_transfer_is_found_by_its_id_and_a_text_anywhere(front, dealt):
    assert positions(front, f"transfer={an_id(3)}") == [3]
    assert positions(front, "text=UNKNOWN_pay") == [4]
    assert positions(front, "text=ACCOUNT-CLEO") == [5, 5]
    assert positions(front, "text=%25") == [], "no sign stands for others"
    assert positions(front, f"text={account('bob')}", "ann") == [3, 2], "of a split a payee sees their own part alone"


def test_pages_are_stable_while_new_rows_come(front, dealt):
    def page(cursor=None):
        more = f"&cursor={cursor}" if cursor else ""
        return front.get(f"/v1/rows?limit=2&type=payment{more}", headers=OLGA).json

    first = page()
    dealt.put(transfer(6), transfer(7))
    second = page(first["next_cursor"])
    dealt.put(transfer(8))
    third = page(second["next_cursor"])
    seen = [row["position"] for each in (first, second, third) for row in each["rows"]]
    assert seen == [5, 5, 4, 3, 2]
    assert third["next_cursor"] is None


@pytest.mark.parametrize(
    ("selection", "left"),
    [
        (Selection(), 6),
        (Selection(amount_min=5), 2),
        (Selection(after=2, upto=4), 2),
        (Selection(transfer=an_id(3)), 1),
        (Selection(status=("rejected", "expired")), 1),
        (Selection(currency=("JPY",)), 0),
        (Selection(from_=NOON + timedelta(seconds=6)), 1),
        # Of a split the whole may be large and a part small; and who the payees are, no statistics tell.
        (Selection(amount_max=1, account=account("bob")), 6),
    ],
)
def test_row_groups_that_cannot_have_it_are_not_read(tmp_path, selection, left):
    lake = TestLake(tmp_path)
    lake.put(*(transfer(n, amount=n) for n in range(1, 6)), transfer(6, amount=6, reason="limit_exceeded"))
    (file,) = lake.manifest.snapshot().files
    path = lake.folder.path(file.path)
    pq.write_table(pq.read_table(path, partitioning=None), path, row_group_size=1)
    fragment = ds.ParquetFileFormat().make_fragment(str(path), LocalFileSystem())
    assert len(fragment.split_by_row_group(pushed_down(selection), schema=LAKE)) == left
