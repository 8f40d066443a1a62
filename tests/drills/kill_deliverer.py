"""kill -9 of the consumer and the deliverer, again and again: by webhook and e-mail each event is told once, by its id.
What comes again comes with the same id."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

import orjson
from rich.console import Console

from bench.load.job import Steady
from bench.stacks import Platform
from tests.drills import frame, rounds
from tests.drills.alerts import Alert
from tests.drills.dead_webhook import Target, Webhooks
from tests.drills.frame import Report
from tests.drills.letter_readers import LetterReaders
from tests.drills.rows import Account, Row, broken
from tests.receivers import receiving

NAME = "kill-deliverer-rounds"
TARGETS = 10
PER_SECOND = 30
ARRIVED_WITHIN_SECONDS = 180
KILLED = ("notification-consumer", "notification-deliverer")


class KillTellers:
    """Both are gone at once, in the middle of what they do; the supervisor brings new ones."""

    name = "kill-deliverer"
    silence_limit_s = 5.0
    """The ledger waits for neither."""
    alerts: Sequence[Alert] = (Alert("ProcessRestarted", {"process": KILLED[1]}),)

    def __init__(self) -> None:
        self._pids: list[int] = []
        self.ended_at = 0.0

    def aim(self, platform: Platform) -> None:
        self._pids = [platform.stack.pid(process) for process in KILLED]

    def inject(self) -> None:
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
        self.ended_at = time.time()

    def heal(self) -> None:
        """The supervisor does."""

    def findings(self, platform: Platform) -> list[str]:
        """Every process is ready again."""
        return platform.unhealthy()


@dataclass(frozen=True)
class Told:
    """What came to those outside. `repeated`: so often something came again with the id that it had before."""

    webhooks_due: int
    webhooks_missing: int
    webhooks_doubled: int
    webhooks_repeated: int
    letters_due: int
    letters_missing: int
    letters_doubled: int
    letters_repeated: int

    def findings(self) -> list[str]:
        """One sentence for each promise that was broken."""
        sentences = {
            "webhooks_missing": "events did not reach their webhook",
            "webhooks_doubled": "events reached their webhook under two ids",
            "letters_missing": "events have no letter",
            "letters_doubled": "letters are about nothing, or about what another one tells",
        }
        nothing = [
            f"no {way} were due: nothing was proven"
            for way in ("webhooks", "letters")
            if not getattr(self, f"{way}_due")
        ]
        return [*nothing, *broken(self, sentences)]


def run(count: int | None, platform: Platform, console: Console) -> Report:
    """Drill a running platform, which posts webhooks to this machine; the next round begins when all is well again."""
    fault = KillTellers()
    with platform.api() as api, ExitStack() as open_ones:
        stage = frame.set_stage(platform, api, console)
        payees = frame.people(platform, api, [f"drill-hook-{n:03}" for n in range(TARGETS)])
        webhooks, readers = Webhooks(platform, api), LetterReaders(platform)
        targets = [webhooks.target(person, open_ones.enter_context(receiving())) for person in payees]
        traffic = Steady(
            seconds=frame.LONGEST_SECONDS, payees=[person.username for person in payees], per_second=PER_SECOND
        )
        job = frame.job(platform, stage.people, frame.LONGEST_SECONDS, traffic)
        readers.start()
        open_ones.callback(readers.stop)
        course = rounds.under_load(fault, count or rounds.ROUNDS, platform, job, console)
        readers.stop()
        account = frame.account_of(api, stage, course.book, console)
        told = _told(account, targets, readers, console)
    findings = [*account.findings(), *told.findings(), *course.findings, *fault.findings(platform)]
    return Report(Row(NAME, account, course.alert, course.impact, {**course.figures, **asdict(told)}), findings)


def _told(account: Account, targets: Sequence[Target], readers: LetterReaders, console: Console) -> Told:
    """Wait until everything has come that must, and a while for what must not; then count."""
    due, deadline = readers.due(), time.monotonic() + ARRIVED_WITHIN_SECONDS
    with console.status("waiting until all webhooks and letters have come"):
        while time.monotonic() < deadline and (
            sum(len(target.messages()) for target in targets) < account.accepted or due - readers.come().keys()
        ):
            time.sleep(0.5)
        time.sleep(frame.QUIET_SECONDS)
    messages = [message for target in targets for message in target.messages().values()]
    events = {orjson.loads(message.body)["data"]["event_id"] for message in messages}
    posts = sum(len(target.receiver.received) for target in targets)
    letters = readers.come()
    return Told(
        webhooks_due=account.accepted,
        webhooks_missing=account.accepted - len(events),
        webhooks_doubled=len(messages) - len(events),
        webhooks_repeated=posts - len(messages),
        letters_due=len(due),
        letters_missing=len(due - letters.keys()),
        letters_doubled=len(letters.keys() - due),
        letters_repeated=letters.total() - len(letters),
    )
