"""Random requests, most of them bad, to every operation of one service's API, with good tokens.

Schemathesis makes them from the document that the service itself serves, and holds every answer against it. Nothing may
be a 5xx or outside the document. To make a case takes longer than to send it, so that each processor makes its share.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any, Protocol

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
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
from tests.drills.frame import Report

ROUNDS = 100
ROUND_REQUESTS = 1_000
"""In each round every operation is met, with other data in the stores."""
SEED = 20261101
AIMED = 0.5
"""The share of the requests that name what exists."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NOT_SERVED = {(404, "not_found"), (405, "method_not_allowed")}
"""What a mutated path is answered that is no operation's any more."""


class Callers(Protocol):
    """Who asks."""

    def headers(self, path: str, chance: random.Random) -> dict[str, str]:
        """The Authorization of a request to `path`."""

    def told(self, answer: schemathesis.Response) -> None:
        """What was answered: a token may have ended, another may have come."""


class Target(Protocol):
    """The API that is drilled. It is sent to other processes, so it holds nothing that can't be."""

    @property
    def name(self) -> str: ...

    def url(self, platform: Platform) -> str: ...

    def prepare(self, platform: Platform, api: Api) -> None:
        """People and what else there must be."""

    def callers(self, platform: Platform, api: Api) -> Callers: ...

    def known(self, platform: Platform) -> dict[str, list[str]]:
        """What exists, by the name of the field or parameter that may say it."""

    def learned(self, told: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """The same of a good answer."""

    def figures(self, platform: Platform, api: Api) -> dict[str, int]:
        """What must be 0 in the end, by its name in the row."""

    def findings(self, platform: Platform) -> list[str]:
        """What else must be true in the end, and is not."""


@dataclass(frozen=True)
class Row:
    """What the drill showed: counts of requests, by the class of their answers' status."""

    name: str
    requests: int
    accepted: int
    refused: int
    answers_5xx: int
    outside: int
    more: dict[str, int]
    seconds: float

    def flat(self) -> dict[str, str | float | None]:
        """As a line of the table."""
        return {name: value for name, value in vars(self).items() if name != "more"} | self.more


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


class Requests:
    """Sends cases and looks at their answers. Half of them are aimed at people and things that exist."""

    def __init__(self, target: Target, platform: Platform, callers: Callers, chance: random.Random) -> None:
        self.tally = Tally()
        self._target = target
        self._base_url = target.url(platform)
        self._callers = callers
        self._chance = chance
        self._session = requests.Session()
        self._known = target.known(platform)

    def send(self, case: schemathesis.Case) -> None:
        """One request; what is wrong with its answer is noted."""
        if self._chance.random() < AIMED:
            self._aim(case)
        headers = self._callers.headers(case.path, self._chance)
        try:
            answer = case.call(base_url=self._base_url, session=self._session, headers=headers, timeout=20)
        except requests.RequestException as error:
            self.tally.find(f"{case.method} {case.path} was not answered: {type(error).__name__}", str(error)[:300])
            return
        self.tally.count(answer.status_code)
        self._callers.told(answer)
        self._remember(answer)
        if answer.status_code < 500 and (answer.status_code, code_of(answer)) in NOT_SERVED:
            return
        try:
            case.validate_response(answer, checks=CHECKS, headers=headers)
        except (Failure, FailureGroup) as failure:
            for one in getattr(failure, "exceptions", [failure]):
                what = f"{case.method} {case.path} {answer.status_code}: {one.title}"
                self.tally.find(what, f"{one.message[:300]} | {case.as_curl_command()[:600]} | {answer.text[:300]}")

    def _aim(self, case: schemathesis.Case) -> None:
        for part in (case.body, case.path_parameters, case.query):
            for name in self._known.keys() & part.keys() if isinstance(part, dict) else ():
                part[name] = self._chance.choice(self._known[name])

    def _remember(self, answer: schemathesis.Response) -> None:
        if answer.status_code in (200, 201, 202) and isinstance(told := json_of(answer), dict):
            for name, value in self._target.learned(told):
                self._known[name] = [*self._known.get(name, [])[-49:], value]


def run(target: Target, count: int, platform: Platform, console: Console) -> Report:
    """Drill a running platform with `count` thousand requests."""
    began = time.monotonic()
    with platform.api() as api:
        target.prepare(platform, api)
        tally = _all_rounds(target, count, platform, console)
        figures = target.figures(platform, api)
    findings = [*tally.sentences(), *target.findings(platform)]
    findings += [f"{name} is {value}" for name, value in figures.items() if value]
    row = Row(
        name=target.name,
        requests=tally.statuses.total(),
        accepted=tally.between(200, 299),
        refused=tally.between(400, 499),
        answers_5xx=tally.between(500, 599),
        outside=sum(tally.found.values()),
        more=figures,
        seconds=round(time.monotonic() - began, 1),
    )
    return Report(row, findings)


def _all_rounds(target: Target, count: int, platform: Platform, console: Console) -> Tally:
    tally = Tally()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool, Progress(console=console) as progress:
        task = progress.add_task("requests", total=count * ROUND_REQUESTS)
        rounds = [pool.submit(send_round, target, platform.directory, number) for number in range(count)]
        try:
            for done in as_completed(rounds):
                for what in done.result().found.keys() - tally.found.keys():
                    console.print(f"found: {what}", markup=False)
                tally.add(done.result())
                progress.update(task, completed=tally.statuses.total())
        except BaseException:
            # Who ends the drill does not wait for rounds, nor may any of them go on without the platform.
            for worker in active_children():
                worker.terminate()
            raise
    return tally


def send_round(target: Target, directory: Path, number: int) -> Tally:
    """The requests of one round, the same in every run, to the platform in `directory`."""
    platform = Platform.of(directory)
    chance = random.Random(SEED + number)
    with platform.api() as api:
        schema = schemathesis.openapi.from_url(f"{target.url(platform)}/openapi.json")
        sender = Requests(target, platform, target.callers(platform, api), chance)
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

    with suppress(Unsatisfiable):  # to an operation that takes nothing there is no bad request
        each()


def code_of(answer: schemathesis.Response) -> str | None:
    """A problem's code."""
    told = json_of(answer)
    return told.get("code") if isinstance(told, dict) else None


def json_of(answer: schemathesis.Response) -> Any:
    """What was told, where it was told in JSON."""
    try:
        return answer.json()
    except ValueError:
        return None
