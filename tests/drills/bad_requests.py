"""100,000 random requests, most of them bad, to every operation of the payments API, with good tokens and wide limits.

Schemathesis makes them from the document that the service itself serves, and holds every answer against it. Nothing may
be a 5xx or outside the document, and in the end the ledger must be whole: no entry without a transfer, sums of 0.
To make a case takes longer than to send it, so that each processor makes its share.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from pymongo import MongoClient
from rich.console import Console
from rich.progress import Progress
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bench.platform import Api
from bench.stacks import Platform
from tests.drills import frame, verification
from tests.drills.frame import Report

NAME = "bad-requests"
ROUNDS = 100
ROUND_REQUESTS = 1_000
"""In each round every operation is met, with other data in the ledger."""
SEED = 20261101
PEOPLE = ("drill-bad-1", "drill-bad-2")
TOKEN_SECONDS = 200
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NOT_SERVED = {(404, "not_found"), (405, "method_not_allowed")}
"""What a mutated path is answered that is no operation's any more."""


@dataclass(frozen=True)
class Row:
    """What the drill showed: counts of requests, by the class of their answers' status."""

    requests: int
    accepted: int
    refused: int
    failed: int
    outside: int
    entries_without_a_transfer: int
    money_created: int
    seconds: float
    name: str = NAME

    def flat(self) -> dict[str, str | float | None]:
        """As a line of the table."""
        return dict(self.__dict__)


@dataclass
class Tally:
    """What was answered, and each kind of finding once, with how often it came and the first case of it."""

    statuses: Counter[int] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def count(self, status: int) -> None:
        self.statuses[status] += 1

    def find(self, what: str, case: str) -> None:
        """Note something that may not be."""
        self.found[what] += 1
        self.first.setdefault(what, case)

    def add(self, other: Tally) -> None:
        """Take in what somebody else counted."""
        self.statuses += other.statuses
        self.found += other.found
        self.first = {**other.first, **self.first}

    def between(self, least: int, most: int) -> int:
        """How many answers had a status in this range."""
        return sum(count for status, count in self.statuses.items() if least <= status <= most)

    def sentences(self) -> list[str]:
        return [f"{count} times: {what}; first: {self.first[what]}" for what, count in self.found.items()]


class Callers:
    """Two people of the demo's origin, whose limits are wide, one of them a member of staff; their tokens renewed."""

    def __init__(self, platform: Platform, api: Api) -> None:
        self._password = platform.demo_password
        self._api = api
        self._service_operations = ("/v1/journal", "/v1/ledger/summary")
        self._renewed = float("-inf")
        self._tokens: list[str] = []
        self._service = ""

    def headers(self, path: str, chance: random.Random) -> dict[str, str]:
        """The header of one of them; one in twenty has a token that is none."""
        if time.monotonic() - self._renewed > TOKEN_SECONDS:
            self._tokens = [self._api.log_in(name, self._password) for name in PEOPLE]
            self._service = self._api.service_token()
            self._renewed = time.monotonic()
        token = self._service if path in self._service_operations else chance.choice(self._tokens)
        return {"Authorization": f"Bearer {token[:-9] if chance.random() < 0.05 else token}"}


class Requests:
    """Sends cases and looks at their answers. Half of them are aimed at people, transfers and accounts that exist."""

    def __init__(self, base_url: str, callers: Callers, chance: random.Random) -> None:
        self.tally = Tally()
        self._base_url = base_url
        self._callers = callers
        self._chance = chance
        self._session = requests.Session()
        self._known: dict[str, list[str]] = {"transfer_id": [], "account_id": []}

    def send(self, case: schemathesis.Case) -> None:
        """One request; what is wrong with its answer is noted."""
        if self._chance.random() < 0.5:
            self._aim(case)
        headers = self._callers.headers(case.path, self._chance)
        try:
            answer = case.call(base_url=self._base_url, session=self._session, headers=headers, timeout=20)
        except requests.RequestException as error:
            self.tally.find(f"{case.method} {case.path} was not answered: {type(error).__name__}", str(error)[:300])
            return
        self.tally.count(answer.status_code)
        self._remember(answer)
        if answer.status_code < 500 and (answer.status_code, _code(answer)) in NOT_SERVED:
            return
        try:
            case.validate_response(answer, checks=CHECKS, headers=headers)
        except (Failure, FailureGroup) as failure:
            for one in getattr(failure, "exceptions", [failure]):
                what = f"{case.method} {case.path} {answer.status_code}: {one.title}"
                self.tally.find(what, f"{one.message[:300]} | {case.as_curl_command()[:600]} | {answer.text[:300]}")

    def _aim(self, case: schemathesis.Case) -> None:
        body = case.body
        if isinstance(body, dict):
            for name in {"payee", "username"}.intersection(body):
                body[name] = self._chance.choice(PEOPLE)
            if "currency" in body:
                body["currency"] = "EUR"
        for name, known in self._known.items():
            if known and isinstance(case.path_parameters, dict) and name in case.path_parameters:
                case.path_parameters[name] = self._chance.choice(known)

    def _remember(self, answer: schemathesis.Response) -> None:
        if answer.status_code not in (200, 201, 202) or "json" not in answer.headers.get("content-type", [""])[0]:
            return
        told = answer.json()
        if not isinstance(told, dict):
            return
        for name, id in (("transfer_id", told.get("id")), ("account_id", (told.get("account") or {}))):
            id = id.get("id") if isinstance(id, dict) else id
            if isinstance(id, str):
                self._known[name] = [*self._known[name][-49:], id]


def run(count: int, platform: Platform, console: Console) -> Report:
    """Drill a running platform with `count` thousand requests."""
    began = time.monotonic()
    with platform.api() as api:
        frame.people(platform, api, PEOPLE)
        platform.command_of_auth("grant_role", PEOPLE[0], "support")
        tally = _all_rounds(count, platform, console)
        totals = api.summary().totals
    orphans = _entries_without_a_transfer(platform)
    created = sum(abs(total) for total in totals.values())
    findings = [*tally.sentences(), *verification.broken(platform)]
    findings += [f"{orphans} records have entries and are no transfer"] if orphans else []
    findings += [f"the sums of the ledger are {totals}"] if created else []
    row = Row(
        requests=tally.statuses.total(),
        accepted=tally.between(200, 299),
        refused=tally.between(400, 499),
        failed=tally.between(500, 599),
        outside=sum(tally.found.values()),
        entries_without_a_transfer=orphans,
        money_created=created,
        seconds=round(time.monotonic() - began, 1),
    )
    return Report(row, findings)


def _all_rounds(count: int, platform: Platform, console: Console) -> Tally:
    tally = Tally()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool, Progress(console=console) as progress:
        task = progress.add_task("requests", total=count * ROUND_REQUESTS)
        rounds = [pool.submit(send_round, platform.directory, number) for number in range(count)]
        for done in as_completed(rounds):
            for what in done.result().found.keys() - tally.found.keys():
                console.print(f"found: {what}", markup=False)
            tally.add(done.result())
            progress.update(task, completed=tally.statuses.total())
    return tally


def send_round(directory: Path, number: int) -> Tally:
    """The requests of one round, the same in every run, to the platform in `directory`."""
    platform = Platform.of(directory)
    chance = random.Random(SEED + number)  # noqa: S311 - not a secret
    with platform.api() as api:
        schema = schemathesis.openapi.from_url(f"{platform.transaction_url}/openapi.json")
        sender = Requests(platform.transaction_url, Callers(platform, api), chance)
        strategies = list(_strategies(schema))
        # Of an operation with few parameters there are not as many different requests as were wished.
        while sender.tally.statuses.total() < ROUND_REQUESTS:
            for strategy in strategies:
                _examples(strategy, sender.send, -(-ROUND_REQUESTS // len(strategies)), chance.getrandbits(32))
    return sender.tally


def _strategies(schema: Any) -> Iterator[Any]:
    """Each operation as a strategy of bad requests, twice, and of good ones."""
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (schemathesis.GenerationMode.NEGATIVE,) * 2 + (schemathesis.GenerationMode.POSITIVE,):
            yield operation.as_strategy(generation_mode=mode)


def _examples(strategy: Any, send: Callable[[Any], None], count: int, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def each(case: Any) -> None:
        send(case)

    each()


def _entries_without_a_transfer(platform: Platform) -> int:
    with MongoClient[dict[str, Any]](platform.mongo_admin_url) as client:
        journal = client["ledger"]["journal"]
        return journal.count_documents({"entries.0": {"$exists": True}, "body.payees": {"$exists": False}})


def _code(answer: schemathesis.Response) -> str | None:
    try:
        told = answer.json()
    except ValueError:
        return None
    return told.get("code") if isinstance(told, dict) else None
