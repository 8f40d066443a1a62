"""The metrics of the running processes: those that docs/metrics.md names, and as many series however many come."""

import itertools
import uuid
from collections.abc import Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bench.stacks import Platform
from stack.metric_document import names_of
from stack.process_list import Process, load_process_list
from tests.e2e.api_client import Client
from tests.waiting import eventually

OWN = [process for process in load_process_list().processes if process.kind == "service"]
Series = frozenset[tuple[str, ...]]


@pytest.mark.parametrize("process", OWN, ids=lambda process: process.name)
def test_a_process_exports_what_the_document_says_and_nothing_else(process: Process, platform: Platform) -> None:
    # process_ready has no series before the first look, but its name is there.
    assert {name for name, *_ in families(platform, process)} == names_of(process.name)


def test_the_series_do_not_grow_with_people_accounts_or_paths(member: Callable[[], Client], platform: Platform) -> None:
    visit(member(), member(), platform)
    before = series(platform)

    people = [member() for _ in range(4)]
    for payer, payee in itertools.pairwise(people):
        visit(payer, payee, platform)

    # One may be new that another test's fault has called forth: what grows with people comes in numbers.
    new = series(platform) - before
    assert len(new) < 3 * len(people), sorted(new)
    told = " ".join(" ".join(each) for each in new)
    assert not [person.username for person in people if person.username in told]


def visit(payer: Client, payee: Client, platform: Platform) -> None:
    """What people do, and what strangers try: payments, their transfers looked at, paths and ids that nobody has."""
    sent = payer.send(payee.username, 1)
    assert sent.status_code == 201
    nobody = uuid.uuid4().hex
    for service in ("auth", "transaction", "notification", "analytics", "monitoring"):
        url = platform.url(f"{service}-web")
        for path in (nobody, f"v1/{nobody}", f"v1/transfers/{sent.json()['id']}", f"journey/{nobody}"):
            httpx.get(f"{url}/{path}", headers=payer.bearer())
    eventually(lambda: payee.told_of(sent.json()["id"]), what="the payee is told", within_seconds=30)


def series(platform: Platform) -> Series:
    """Every series of every process of ours, as words; of a histogram its count and sum, since its buckets are many."""
    return frozenset(
        (process.name, name, *(f"{label}={value}" for label, value in sorted(labels.items())))
        for process in OWN
        for _, name, labels in families(platform, process)
        if "le" not in labels
    )


def families(platform: Platform, process: Process) -> list[tuple[str, str, dict[str, str]]]:
    """The metric's name, the sample's and its labels; a metric without samples has an empty one."""
    text = httpx.get(f"{platform.url(process.name)}/metrics").raise_for_status().text
    found = []
    for family in text_string_to_metric_families(text):
        name = family.name + ("_total" if family.type == "counter" else "")
        found += [(name, sample.name, dict(sample.labels)) for sample in family.samples] or [(name, "", {})]
    return found
