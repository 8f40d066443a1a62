"""The figures of a journal added up from its own entries and answers, and the lake's reports held against them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry

from analytics_service.engine import Engine, on_threads
from analytics_service.filters import Selection
from analytics_service.metrics import WebMetrics
from analytics_service.reports import REPORTS
from analytics_service.use_cases.reports import Reports
from tests.unit.analytics_service.histories import PEOPLE
from tests.unit.analytics_service.lakes import TestLake
from transaction_service.domain import Outcome, Record

MOVED = (Outcome.POSTED, Outcome.CAPTURED, Outcome.REFUNDED)
ENDED = dict.fromkeys(MOVED, "posted") | {o: str(o) for o in ("voided", "expired", "rejected")}
OF_TOTALS = ("totals", "per_hour", "per_day", "per_week", "hours_of_week")
HELD = (*OF_TOTALS, "outcomes", "top_payees", "top_payers", "accounts")
"""The reports that are held against the journal; all of them against its events: test_reports_agree.py."""
VIEWERS = [None, *(f"user-{person}" for person in PEOPLE)]


def lake_of(records: Sequence[Record], folder: Path, batch: int = 7) -> TestLake:
    lake = TestLake(folder)
    events = [record.event for record in records]
    for start in range(0, len(events), batch):
        lake.put(*events[start : start + batch])
    return lake


def reports(lake: TestLake, pandas_rows_max: int = 10**9, piece_rows: int = 1) -> Reports:
    """Every file is a piece of its own, where no more rows than that are wanted."""
    engine = Engine(on_threads, pandas_rows_max, piece_rows, condensed_piece_rows=piece_rows)
    return Reports(lake.manifest, lake.folder, engine, WebMetrics(CollectorRegistry(), REPORTS), lake.clock.monotonic)


class Added:
    """The figures of a journal, of one user's part of it where there is one, straight from entries and answers."""

    def __init__(self, records: Sequence[Record], user: str | None) -> None:
        opened = [record.event["account"] for record in records if record.answer.outcome is Outcome.OPENED]
        self.mine = {account["id"] for account in opened if user in (None, account["user_id"])}
        self.all = user is None
        self.totals: Counter[tuple[str, ...]] = Counter()
        self.days: Counter[tuple[datetime, str]] = Counter()
        self.outcomes: Counter[tuple[str, str, str | None]] = Counter()
        self.payees: Counter[tuple[str, str]] = Counter()
        self.payers: Counter[tuple[str, str]] = Counter()
        self.balances: dict[str, int] = {}
        self.statements: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
        self.shown: list[int] = []
        for record in records:
            if "payees" in record.answer.body and (self.all or self.mine.intersection(self.shown_to(record))):
                self.add(record)

    @staticmethod
    def shown_to(record: Record) -> Sequence[str]:
        """The accounts in whose reports it is. An event doesn't tell who asked, so what was refused is its payer's,
        and a refused attempt at a hold nobody's."""
        if record.answer.outcome is not Outcome.REJECTED:
            return record.parties
        body = record.answer.body
        return [] if body["type"] in ("capture", "void") else [body["payer"]["account"]]

    def add(self, record: Record) -> None:
        body, outcome = record.answer.body, record.answer.outcome
        self.shown.append(record.position)
        self.balances |= {entry.account: entry.balance_after for entry in record.entries if entry.account in self.mine}
        if outcome in ENDED:
            self.outcomes[body["type"], ENDED[outcome], body.get("reason")] += 1
        for entry in record.entries:
            if entry.account in self.mine:
                self.statements[entry.account].append((record.position, entry.amount, entry.balance_after))
        key = (body["currency"], body["type"])
        if outcome in MOVED:
            payer, *payees = record.entries
            assert payer.amount == -sum(entry.amount for entry in payees) < 0
            legs = [(entry.account, entry.amount) for entry in payees]
            self.count("posted", key, self.ways(payer.account, legs))
            if self.ways(payer.account, legs) != {"out"}:
                self.payers[body["type"], payer.account] += 1
            for account, amount in legs:
                for way in self.ways(payer.account, [(account, amount)]):
                    self.totals["amount", *key, way] += amount
                    self.days[record.at.replace(hour=0, minute=0), body["type"]] += amount
                    if way != "in":
                        self.payees[body["type"], account] += amount
        elif outcome is Outcome.REJECTED:
            legs = [(payee["account"], payee["amount"]) for payee in body["payees"]]
            self.count("rejected", key, self.ways(body["payer"]["account"], legs))

    def count(self, how: str, key: tuple[str, str], ways: set[str]) -> None:
        self.totals.update((how, *key, way) for way in ways)

    def ways(self, payer: str, legs: list[tuple[str, int]]) -> set[str]:
        if self.all:
            return {"all"}
        if payer in self.mine:
            return {"own" if account in self.mine else "out" for account, _ in legs}
        return {"in" for account, _ in legs if account in self.mine}


def assert_they_agree(records: Sequence[Record], lake: TestLake, viewer: str | None) -> None:
    added = Added(records, viewer)
    selection = Selection(user_id=viewer)
    figures = reports(lake).answer([REPORTS[name] for name in HELD], selection, 100).figures
    for name in OF_TOTALS:
        totals = Counter[tuple[str, ...]]()
        for row in figures[name]:
            key = (row["currency"], row["type"], row["direction"])
            totals.update({(sum_, *key): row[sum_] for sum_ in ("posted", "rejected", "amount")})
        assert +totals == added.totals
    days = Counter[tuple[datetime, str]]()
    for row in figures["per_day"]:
        days[row["start"], row["type"]] += row["amount"]
    assert +days == added.days
    outcomes = {(row["type"], row["status"], row["reason"]): row["transfers"] for row in figures["outcomes"]}
    assert outcomes == added.outcomes
    assert {(row["type"], row["account"]): row["amount"] for row in figures["top_payees"]} == added.payees
    payers = {(row["type"], row["account"]): row["transfers"] for row in figures["top_payers"]}
    assert payers == added.payers
    assert {row["account"]: row["balance"] for row in figures["accounts"]} == added.balances
    for row in figures["accounts"]:
        entries = added.statements[row["account"]]
        assert sum(amount for _, amount, _ in entries) == row["amount_in"] - row["amount_out"]
    shown = {row["position"] for row in reports(lake).page(selection, None, 10**6).rows}
    assert sorted(shown) == added.shown


def assert_statements_are_the_ledgers(records: Sequence[Record], lake: TestLake, viewer: str | None) -> None:
    for account, entries in Added(records, viewer).statements.items():
        selection = Selection(user_id=viewer, account=account)
        rows = reports(lake).answer([REPORTS["statement"]], selection).figures["statement"]
        assert [(row["position"], row["amount"], row["balance_after"]) for row in rows] == entries
