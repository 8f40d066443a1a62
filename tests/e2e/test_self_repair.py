"""Consumers that passed over events: what they lack is found, published again and told once, without anybody's hand."""

from collections.abc import Callable

import pytest
from kafka import KafkaAdminClient
from kafka.admin import OffsetSpec
from kafka.structs import OffsetAndMetadata

from bench.alone import stopped
from bench.platform import Api
from bench.stacks import Platform
from bench.topic import positions_on_topic
from tests.drills.alerts import firing, names
from tests.drills.metrics import total
from tests.drills.rewind import handled
from tests.e2e.api_client import Client
from tests.waiting import eventually

CONSUMERS = ("notification-consumer", "analytics-ingester")
TRANSFERS = 5
REPAIRED_SECONDS = 240
"""The rest of the minute, the grace, a minute for each of the two stages, on a machine that does other things too."""


def pass_over_what_waits(platform: Platform) -> None:
    """As a hand that resets a group's offsets to the latest."""
    admin = KafkaAdminClient(bootstrap_servers=platform.kafka_bootstrap_servers)
    for group in CONSUMERS:
        ends = admin.list_partition_offsets(dict.fromkeys(handled(admin, group), OffsetSpec.LATEST))
        admin.alter_group_offsets(group, {place: OffsetAndMetadata(end.offset, "", -1) for place, end in ends.items()})
    admin.close()


@pytest.mark.timeout(420)
def test_what_consumers_passed_over_is_published_again_and_told_once(
    platform: Platform, member: Callable[[], Client], operator: Api
) -> None:
    payer, payee = member(), member()
    repaired = total(platform, "monitoring-auditor", "reconciliation_repairs_total")
    settled = operator.published_to_head().head
    eventually(lambda: operator.is_in_lake(settled), what="all before is in the lake", within_seconds=60)

    with stopped(platform, CONSUMERS):
        sent = [payer.send(payee.username, 100 + n).json() for n in range(TRANSFERS)]
        positions = [transfer["position"] for transfer in sent]
        first, last = min(positions), max(positions)
        operator.published_to_head()
        pass_over_what_waits(platform)

    assert operator.notified(first - 1, last) == 0
    eventually(
        lambda: operator.notifications(first - 1, last) >= 2 * TRANSFERS,
        what="both sides of each are told",
        within_seconds=REPAIRED_SECONDS,
    )
    eventually(
        lambda: operator.lake_coverage(first - 1, last).rows >= last - first + 1,
        what="all are in the lake",
        within_seconds=REPAIRED_SECONDS,
    )
    eventually(
        # What is published again for one stage may be there for the other by the time that it is looked at.
        lambda: {"notified", "in_lake"} & stages_repaired(operator),
        what="the minute is shown as repaired",
        within_seconds=REPAIRED_SECONDS,
    )

    for person in (payer, payee):
        assert person.log_in().status_code == 200
        assert [len(person.told_of(transfer["id"])) for transfer in sent] == [1] * TRANSFERS
    assert operator.lake_coverage(first - 1, last).rows == last - first + 1
    on_topic = positions_on_topic(platform.kafka_bootstrap_servers)
    assert {on_topic[position] for position in range(first, last + 1)} == {1}
    assert total(platform, "monitoring-auditor", "reconciliation_repairs_total") > repaired
    eventually(
        lambda: "ReconciliationRepaired" in names(firing(platform.prometheus_url)),
        what="an operator is told to look for the cause",
        within_seconds=60,
    )


def stages_repaired(operator: Api) -> set[str]:
    """The stages for which some minute is shown as complete since it was repaired."""
    minutes = operator.verdict()["reconciliation"] or []
    return {stage for each in minutes if each["settled"] for stage in each["repaired"]}
