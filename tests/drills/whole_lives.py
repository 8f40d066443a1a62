"""kill -9 of the writer while transfers live their whole lives: held, captured, voided, refunded, split, in batches.

In the end nothing is held any more, and what every answer told of is in the journal at the position that it named:
so each capture, void and refund was done once, however often it was asked for.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console

from bench.load.book import Entry
from bench.load.job import Lives
from bench.platform import Api, JournalRecord
from bench.stacks import Platform
from tests.drills import frame, rounds, verification
from tests.drills.frame import Report, Stage
from tests.drills.kill_writer import KillWriter
from tests.drills.rows import Row, broken

NAME = "whole-lives"
Place = tuple[int, str]
"""A position of the journal and the transfer that it is about."""


@dataclass(frozen=True)
class Account:
    """What the lives came to. `accepted` counts requests, `in_ledger` the decisions that their answers told of."""

    accepted: int
    in_ledger: int
    lost: int
    doubled: int
    money_created: int
    still_held: int
    unpublished: int
    undecided: int
    faults: int

    def findings(self) -> list[str]:
        """One sentence for each promise that was broken."""
        sentences = {
            "lost": "decisions that were answered are not in the journal",
            "doubled": "decisions of the journal are somebody's second, or nobody's",
            "money_created": "minor units were created",
            "still_held": "minor units are still held",
            "unpublished": "positions are not on the topic",
            "undecided": "keys stayed undecided",
            "faults": "answers were 500",
        }
        return broken(self, sentences)


def run(count: int, platform: Platform, console: Console) -> Report:
    """Drill a running platform: `count` times the writer's end."""
    fault = KillWriter()
    with platform.api() as api:
        stage = frame.set_stage(platform, api, console)
        traffic = Lives(seconds=frame.LONGEST_SECONDS, pause_seconds=frame.PAUSE_SECONDS)
        job = frame.job(platform, stage.people, frame.LONGEST_SECONDS, traffic)
        course = rounds.under_load(fault, count, platform, job, console)
        account = _account_of(api, platform, stage, course.book)
    findings = [*account.findings(), *course.findings, *verification.broken(platform), *fault.findings(platform)]
    return Report(Row(NAME, account, course.alert, course.impact, course.figures), findings)


def decided(journal: Iterable[JournalRecord], payers: Collection[str]) -> list[Place]:
    """Where the journal tells of transfers of these accounts."""
    return [(r.position, r.transfer_id) for r in journal if r.transfer_id and r.payer_account in payers]


def told(book: Iterable[Entry]) -> Counter[Place]:
    """Where the answers said that their transfers are, and by how many keys each place was claimed."""
    return Counter((position, id) for entry in book for id, position in entry.told.items())


def _account_of(api: Api, platform: Platform, stage: Stage, book: Sequence[Entry]) -> Account:
    summary = api.published_to_head()
    places, answers = set(decided(api.journal(stage.began_at), stage.payers)), told(book)
    tokens = [api.log_in(person.username, platform.demo_password) for person in stage.people]
    accounts = [account for token in tokens for account in api.accounts(token)]
    return Account(
        accepted=sum(entry.outcome == "accepted" for entry in book),
        in_ledger=len(answers.keys() & places),
        lost=len(answers.keys() - places),
        doubled=sum(n - 1 for n in answers.values()) + len(places - answers.keys()),
        money_created=sum(abs(total) for total in summary.totals.values()),
        still_held=sum(account["pending_in"] + account["pending_out"] for account in accounts),
        unpublished=max(0, summary.head - summary.published),
        undecided=sum(entry.outcome == "unsettled" for entry in book),
        faults=sum(entry.faults for entry in book),
    )
