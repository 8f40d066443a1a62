"""One webhook receiver of fifty is dead: it never answers, then another refuses. The others are told as quickly as
before, and the dead ones are told all of it once they live again."""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import httpx
import orjson
from rich.console import Console
from standardwebhooks import Webhook

from bench.load.book import Entry, of_outcome
from bench.load.job import Job, Person, Steady
from bench.load.process import LoadRun
from bench.platform import Api
from bench.stacks import Platform
from tests.drills import frame
from tests.drills.frame import Report
from tests.drills.rows import Account
from tests.receivers import Received, Receiver, misbehaving, receiving, silent

NAME = "dead-webhook"
TARGETS = 50
PER_SECOND = 40
PHASE_SECONDS = 30
WARM_UP_SECONDS = 10
LIMIT_RATIO = 1.5
ARRIVED_WITHIN_SECONDS = 300
"""A target that was dead is tried again after pauses and its breaker's rests, so the last message may take a while."""
KIND = "transfer.received"
TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Row:
    """What the drill showed, and what became of its loads. Milliseconds: from the ledger's decision to the receiver,
    over the targets that were never dead. Each `ratio` is a fault's p99 by that of the same load before it."""

    account: Account
    targets: int
    missing: int
    unverified: int
    healthy_p50_ms: float
    healthy_p99_ms: float
    silent_p50_ms: float
    silent_p99_ms: float
    silent_ratio: float
    healthy_again_p50_ms: float
    healthy_again_p99_ms: float
    refusing_p50_ms: float
    refusing_p99_ms: float
    refusing_ratio: float
    name: str = NAME

    def flat(self) -> dict[str, str | float | None]:
        """As a line of the table."""
        own = asdict(self)
        return own.pop("account") | own


@dataclass
class Target:
    """A person with one webhook, the good receiver that it usually leads to, and its secret."""

    person: Person
    receiver: Receiver
    id: str
    secret: str

    def messages(self) -> dict[str, Received]:
        """What came, by id: the first of each, since a message may come twice."""
        first: dict[str, Received] = {}
        for received in list(self.receiver.received):
            first.setdefault(received.headers["webhook-id"], received)
        return first


@dataclass(frozen=True)
class Phase:
    """One load: when it began and ended, in seconds since the epoch, and its book."""

    began: float
    ended: float
    book: Sequence[Entry]

    def delays(self, targets: Sequence[Target]) -> list[float]:
        """Seconds from the ledger's decision to the receiver, of all that was decided in this phase."""
        found = []
        for target in targets:
            for received in target.messages().values():
                decided_at = datetime.fromisoformat(orjson.loads(received.body)["timestamp"]).timestamp()
                if self.began <= decided_at <= self.ended:
                    found.append(received.at - decided_at)
        return sorted(found)


def run(_: int | None, platform: Platform, console: Console) -> Report:
    """Drill a running platform, which posts webhooks to this machine."""
    with platform.api() as api, ExitStack() as receivers:
        stage = frame.set_stage(platform, api, console)
        payees = frame.people(platform, api, [f"drill-hook-{n:03}" for n in range(TARGETS)])
        webhooks = Webhooks(platform, api)
        targets = [webhooks.target(person, receivers.enter_context(receiving())) for person in payees]
        traffic = Steady(seconds=PHASE_SECONDS, payees=[person.username for person in payees], per_second=PER_SECOND)
        job = frame.job(platform, stage.people, PHASE_SECONDS, traffic)
        phases = _phases(job, targets, webhooks, console)
        account = frame.account_of(api, stage, [entry for phase in phases.values() for entry in phase.book], console)
        row = _row(account, targets, phases)
    return Report(row, [*account.findings(), *_findings(row), *platform.unhealthy()])


def _phases(job: Job, targets: Sequence[Target], webhooks: "Webhooks", console: Console) -> dict[str, Phase]:
    """A healthy phase before each of the two faults; what one of them held up has arrived before the next begins."""
    done: dict[str, Phase] = {}
    silent_one, refusing_one = targets[:2]

    def load(name: str, seconds: float = PHASE_SECONDS) -> None:
        console.print(f"{name}: {PER_SECOND} transfers a second to {TARGETS} people, for {seconds:g} s")
        done[name] = _load(job, seconds)

    load("warm up", WARM_UP_SECONDS)
    _until_arrived(done, targets)
    load("healthy")
    _until_arrived(done, targets)
    with misbehaving(silent) as nobody, webhooks.leading_to(silent_one, nobody):
        load("silent")
    _until_arrived(done, targets)
    load("healthy again")
    _until_arrived(done, targets)
    with misbehaving(silent) as gone:
        """Nobody listens there any more."""
    with webhooks.leading_to(refusing_one, gone):
        load("refusing")
    _until_arrived(done, targets)
    return done


def _load(job: Job, seconds: float) -> Phase:
    traffic = job.traffic.model_copy(update={"seconds": seconds})
    run, began = LoadRun(job.model_copy(update={"traffic": traffic})), time.time()
    try:
        book = run.result().book
    finally:
        run.stop()
    return Phase(began, time.time(), book)


def _until_arrived(done: dict[str, Phase], targets: Sequence[Target]) -> None:
    """Every accepted transfer has reached its payee's receiver, or it is late."""
    accepted = sum(1 for phase in done.values() for _ in of_outcome(phase.book, "accepted"))
    deadline = time.monotonic() + ARRIVED_WITHIN_SECONDS
    while sum(len(target.messages()) for target in targets) < accepted and time.monotonic() < deadline:
        time.sleep(0.5)


class Webhooks:
    """People's webhooks, by the API. A token lasts five minutes, so each call has a new one."""

    def __init__(self, platform: Platform, api: Api) -> None:
        self._url = f"{platform.url('notification-web')}/v1/webhooks"
        self._password = platform.demo_password
        self._api = api

    def target(self, person: Person, receiver: Receiver) -> Target:
        """A new webhook; what an earlier drill has left is deleted."""
        for old in self._ask(person, "GET", "").json()["webhooks"]:
            self._ask(person, "DELETE", f"/{old['id']}")
        made = self._ask(person, "POST", "", {"url": receiver.url, "kinds": [KIND]}).json()
        return Target(person, receiver, made["webhook"]["id"], made["secret"])

    @contextmanager
    def leading_to(self, target: Target, url: str) -> Iterator[None]:
        """Elsewhere for a while, then back to its good receiver."""
        self._ask(target.person, "PATCH", f"/{target.id}", {"url": url})
        try:
            yield
        finally:
            self._ask(target.person, "PATCH", f"/{target.id}", {"url": target.receiver.url})

    def _ask(self, person: Person, method: str, path: str, body: object = None) -> httpx.Response:
        token = self._api.log_in(person.username, self._password)
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.request(method, self._url + path, headers=headers, json=body, timeout=TIMEOUT_SECONDS)
        return answer.raise_for_status()


def _row(account: Account, targets: Sequence[Target], phases: dict[str, Phase]) -> Row:
    delays = {name: phase.delays(targets[2:]) for name, phase in phases.items()}
    p50, p99 = ({name: _milliseconds(of, share) for name, of in delays.items()} for share in (0.5, 0.99))
    return Row(
        account=account,
        targets=TARGETS,
        missing=account.accepted - sum(len(target.messages()) for target in targets),
        unverified=sum(map(_unverified, targets)),
        healthy_p50_ms=p50["healthy"],
        healthy_p99_ms=p99["healthy"],
        silent_p50_ms=p50["silent"],
        silent_p99_ms=p99["silent"],
        silent_ratio=round(p99["silent"] / p99["healthy"], 2),
        healthy_again_p50_ms=p50["healthy again"],
        healthy_again_p99_ms=p99["healthy again"],
        refusing_p50_ms=p50["refusing"],
        refusing_p99_ms=p99["refusing"],
        refusing_ratio=round(p99["refusing"] / p99["healthy again"], 2),
    )


def _milliseconds(delays: Sequence[float], share: float) -> float:
    """Of sorted seconds, the one that so many stay below."""
    if not delays:
        raise RuntimeError("no webhook has arrived")
    return round(delays[min(len(delays) - 1, math.ceil(share * len(delays)) - 1)] * 1000, 1)


def _unverified(target: Target) -> int:
    """Messages whose signature is not what the specification's library makes for them. Its `verify` would find the
    first ones too old by now."""
    webhook, wrong = Webhook(target.secret), 0
    for received in target.messages().values():
        headers = received.headers
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        signature = webhook.sign(headers["webhook-id"], at, received.body.decode())
        wrong += signature not in headers["webhook-signature"].split(" ")
    return wrong


def _findings(row: Row) -> list[str]:
    found = []
    if row.missing:
        found.append(f"{row.missing} accepted transfers did not reach their payee's receiver")
    if row.unverified:
        found.append(f"{row.unverified} messages were not signed as Standard Webhooks has it")
    for fault, ratio in (("never answered", row.silent_ratio), ("refused", row.refusing_ratio)):
        if ratio >= LIMIT_RATIO:
            found.append(f"the others waited {ratio} times as long while one {fault}, allowed is {LIMIT_RATIO}")
    return found
