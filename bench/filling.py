"""A journal of millions of entries, made by the ledger's own rules and documents, and written in bulk.

Nothing is made up: `decide` decides every transfer, on accounts whose chains go on from where they are, and the
documents are those that the writer would write. Only the way to MongoDB is shorter: blocks are inserted without a
transaction, by several processes, each with people of its own, and the indexes are built at the end. So `verify` finds
nothing in it.
"""

import multiprocessing
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.synchronize import Event
from uuid import uuid4

from pymongo import MongoClient, UpdateOne
from pymongo.write_concern import WriteConcern
from uuid_utils import uuid7

from transaction_service.domain import Account, Paid, Payee, PostTransfer, WorkingSet, decide
from transaction_service.domain.limits import paid_id
from transaction_service.storage.collections import LEASE_ID, Collections, Document
from transaction_service.storage.documents import account_changes, account_of, journal_document, paid_changes, paid_of

BLOCK = 1_000
PROCESSES = 2
LOOK_SECONDS = 0.5
_ended: Event


@dataclass(frozen=True)
class Task:
    """One process' part: its people, and the blocks of positions that are its own (every PROCESSES-th from `first`)."""

    mongo_url: str
    usernames: tuple[str, ...]
    first: int
    blocks: int
    head: int
    at: datetime


def fill(mongo_url: str, transfers: int, tell: Callable[[int], object]) -> int:
    """Append `transfers` (rounded up to whole blocks) to the journal of the url's database; returns how many.

    No writer may hold the lease meanwhile. `tell` hears how many are there by now. Fails where one was not posted.
    """
    with MongoClient[Document](mongo_url, tz_aware=True) as client:
        collections = Collections(client)
        control = collections.control.find_one({"_id": LEASE_ID})
        assert control is not None, "the ledger is not set up"  # noqa: S101
        head: int = control["head"]
        usernames = sorted(document["username"] for document in collections.accounts.find({"origin": "demo"}))
        blocks = -(-transfers // (BLOCK * PROCESSES))
        # One moment for all: a journal's time never goes back, and no process knows how far the other one is.
        at = datetime.now(UTC).replace(microsecond=0)
        tasks = [Task(mongo_url, tuple(usernames[n::PROCESSES]), n, blocks, head, at) for n in range(PROCESSES)]
        collections.journal.drop_indexes()
        # What an interrupted filling has left.
        collections.journal.delete_many({"_id": {"$gt": head}})
        ended = multiprocessing.Event()
        with ProcessPoolExecutor(PROCESSES, initializer=_ends_with, initargs=(ended,)) as pool:
            parts = [pool.submit(_write_part, task) for task in tasks]
            try:
                while any(not part.done() for part in parts):
                    tell(collections.journal.estimated_document_count() - head)
                    time.sleep(LOOK_SECONDS)
            finally:
                if not all(part.done() for part in parts):
                    ended.set()
            for part in parts:
                part.result()
        added = blocks * PROCESSES * BLOCK
        tell(added)
        collections.control.update_one({"_id": LEASE_ID}, {"$set": {"head": head + added}})
        collections.set_up()
        return added


def _ends_with(ended: Event) -> None:
    """In each process at its start: it stops after the block at which `ended` is set."""
    global _ended
    _ended = ended


def _write_part(task: Task) -> None:
    """In a process of its own: decide and insert this part's blocks, then write its accounts and counters."""
    rng = random.Random(task.first)
    with MongoClient[Document](task.mongo_url, tz_aware=True) as client:
        collections = Collections(client)
        found = map(account_of, collections.accounts.find({"username": {"$in": task.usernames}}))
        before = {account.id: account for account in found}
        payers = {account.user_id for account in before.values()}
        accounts = dict(before)
        paid = {each.id: each for each in map(paid_of, collections.paid.find()) if each.user in payers}
        journal = collections.journal.with_options(write_concern=WriteConcern(w=1))
        for number in range(task.blocks):
            if _ended.is_set():
                return
            head = task.head + (task.first + number * PROCESSES) * BLOCK
            people = list(accounts.values())
            pairs = [rng.sample(people, 2) for _ in range(BLOCK)]
            counted = {id for payer, payee in pairs if (id := paid_id(str(payer.user_id), payee.id)) in paid}
            known = WorkingSet(head=head, accounts=people, paid=[paid[id] for id in counted])
            decision = decide(known, [_command(payer, payee) for payer, payee in pairs], task.at)
            if not all(record.entries for record in decision.records):
                raise RuntimeError("a transfer of the filling was not posted")
            journal.insert_many([journal_document(record, epoch=1) for record in decision.records], ordered=False)
            accounts.update({account.id: account for account in decision.changed})
            paid.update({each.id: each for each in decision.paid})
        _write_projections(collections, before, list(accounts.values()), list(paid.values()))


def _command(payer: Account, payee: Account) -> PostTransfer:
    return PostTransfer(
        id=str(uuid7()),
        key=f"{payer.user_id}/{uuid4()}",
        fingerprint=uuid4().hex * 2,
        payees=(Payee(1, username=payee.username),),
        currency=payer.currency,
        owner=payer.user_id,
        owner_username=payer.username,
    )


def _write_projections(
    collections: Collections, before: dict[str, Account], accounts: Sequence[Account], paid: Sequence[Paid]
) -> None:
    changes = [(account.id, account_changes(before[account.id], account)) for account in accounts]
    collections.accounts.bulk_write([UpdateOne({"_id": id}, {"$set": change}) for id, change in changes if change])
    collections.paid.bulk_write(
        [UpdateOne({"_id": each.id}, {"$set": paid_changes(each)}, upsert=True) for each in paid], ordered=False
    )
