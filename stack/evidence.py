"""What the demo reads back after its people have sent their transfers: from every service, and from Kafka."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from rich.progress import Progress

from bench.load.job import Person
from bench.platform import Api, until_all
from bench.records import JournalRecord, LakeRow, Notice, Summary
from bench.stacks import Platform
from bench.topic import positions_on_topic


@dataclass(frozen=True)
class Evidence:
    """Of the journal's positions above `began_at`, up to and with `head`, unless it says otherwise.

    `payers`: the account ids that the run's people own; `histories` and `inboxes` are by username, as those people are
    shown them; `on_topic`: how often each position is on the whole topic; `rows`: the transfers in the lake;
    `rows_stored`: how many rows its files have, with those about accounts, whose positions there are
    `accounts_in_lake`; `totals`: the sum over all accounts by currency.
    """

    journal: Sequence[JournalRecord]
    payers: Collection[str]
    histories: Mapping[str, Sequence[str]]
    inboxes: Mapping[str, Sequence[Notice]]
    on_topic: Counter[int]
    rows: Sequence[LakeRow]
    rows_stored: int
    accounts_in_lake: Collection[int]
    totals: Mapping[str, int]
    began_at: int
    head: int


def read_back(progress: Progress, platform: Platform, api: Api, people: Sequence[Person], began_at: int) -> Evidence:
    """Wait until the relay and both consumers have caught up, or move no more; then read what there is."""
    summary = _published(progress, api, began_at)
    run = (began_at, summary.head)
    journal = [record for record in api.journal(began_at) if record.position <= summary.head]
    telling = sum(1 for record in journal if record.told)
    _wait(progress, "people are notified", lambda: api.notified(*run), telling)
    _wait(progress, "the lake takes it in", lambda: api.lake_coverage(*run).positions, len(journal))

    reading = progress.add_task("topic, lake, histories, inboxes read back", total=len(people) + 2)
    on_topic = positions_on_topic(platform.kafka_bootstrap_servers)
    progress.advance(reading)
    rows, stored = api.lake_rows(*run), api.lake_coverage(*run).rows
    of_accounts = {record.position for record in journal if not record.transfer_id}
    in_lake = {position for position in of_accounts if api.is_in_lake(position)}
    progress.advance(reading)
    payers, histories, inboxes = set(), {}, {}
    for person in people:
        # A new token: the sending and the waiting may have taken longer than the old one lasts.
        token = api.log_in(person.username, person.password)
        payers |= {account["id"] for account in api.accounts(token)}
        histories[person.username] = [transfer["id"] for transfer in api.transfers(token, above=began_at)]
        inboxes[person.username] = list(api.notices(token, *run))
        progress.advance(reading)
    return Evidence(
        journal, payers, histories, inboxes, on_topic, rows, stored, in_lake, summary.totals, began_at, summary.head
    )


def _published(progress: Progress, api: Api, began_at: int) -> Summary:
    relaying = progress.add_task("the relay publishes the rest", total=None)

    def tell(summary: Summary, head: int) -> None:
        progress.update(relaying, completed=min(summary.published, head) - began_at, total=head - began_at)

    return api.published_to_head(tell)


def _wait(progress: Progress, what: str, count: Callable[[], int], wanted: int) -> None:
    task = progress.add_task(what, total=wanted)
    until_all(count, wanted, lambda counted: progress.update(task, completed=counted))
