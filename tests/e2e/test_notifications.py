"""Both sides hear of a transfer once, at once, and of nobody else's."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bench.platform import Api
from bench.stacks import Platform
from tests.e2e.api_client import GRANT, Client
from tests.e2e.streams import stream
from tests.waiting import eventually

Make = Callable[[], Client]
LOG_OUT_SECONDS = 8


def live(platform: Platform) -> str:
    return f"{platform.url('notification-live')}/v1/stream"


def test_each_side_of_a_transfer_is_notified_once(member: Make) -> None:
    payer, payee = member(), member()

    transfer = payer.send(payee.username, 1250, note="lunch").json()["id"]

    eventually(lambda: payer.told_of(transfer) and payee.told_of(transfer), what="both are notified")
    assert payer.told_of(transfer) == ["transfer.sent"]
    assert payee.told_of(transfer) == ["transfer.received"]
    newest = payee.inbox()[0]
    assert (newest["amount"], newest["currency"], newest["counterparty"]) == (1250, "EUR", payer.username)
    assert "12.50" in newest["title"] + newest["text"]


def test_a_rejection_is_told_to_the_payer_alone(member: Make) -> None:
    payer, payee = member(), member()

    transfer = payer.send(payee.username, GRANT + 1).json()["transfer"]["id"]

    eventually(lambda: payer.told_of(transfer) == ["transfer.rejected"], what="the payer is told of the rejection")
    assert payee.told_of(transfer) == []


def test_the_whole_life_of_a_hold_is_told_to_both_sides(member: Make) -> None:
    payer, payee = member(), member()

    hold = payer.send(payee.username, 1000, hold_seconds=3600).json()["id"]
    assert payee.act("capture", hold, amount=800).status_code == 200
    assert payee.act("capture", hold, amount=100).status_code == 422
    refund = payee.act("refund", hold, amount=300).json()["id"]
    other = payer.send(payee.username, 500, hold_seconds=3600).json()["id"]
    assert payer.act("void", other).status_code == 200

    eventually(lambda: payer.told_of(other)[:1] == ["hold.voided"], what="the last of it is told")
    for person in (payer, payee):
        # A refused attempt is the business of who tried, who has the answer.
        assert person.told_of(hold) == ["hold.captured", "hold.placed"]
        assert person.told_of(refund) == ["transfer.refunded"]
        assert person.told_of(other) == ["hold.voided", "hold.placed"]
    amounts = {found["kind"]: (found["amount"], found["direction"]) for found in payee.inbox(limit=100)}
    assert amounts["hold.captured"] == (800, "in")
    assert amounts["transfer.refunded"] == (300, "out")


def test_a_split_payment_is_told_to_each_with_their_own_part(member: Make) -> None:
    payer, first, second = member(), member(), member()
    payees = [{"payee": first.username, "amount": 700}, {"payee": second.username, "amount": 50}]

    answer = payer.post_transfer(
        json={"payees": payees, "currency": "EUR"}, headers={"Idempotency-Key": uuid.uuid4().hex}
    )

    transfer = answer.json()["id"]
    eventually(lambda: second.told_of(transfer), what="the second payee is told")
    told = {person.username: person.inbox(kind="transfer")[0] for person in (payer, first, second)}
    assert {name: (found["kind"], found["amount"], found["transfer_id"]) for name, found in told.items()} == {
        payer.username: ("transfer.sent", 750, transfer),
        first.username: ("transfer.received", 700, transfer),
        second.username: ("transfer.received", 50, transfer),
    }


def test_a_scheduled_transfer_is_told_to_its_payer_and_when_it_is_made_to_both(member: Make) -> None:
    payer, payee = member(), member()
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat(timespec="milliseconds")

    transfer = payer.send(payee.username, 900, execute_at=soon).json()["id"]

    eventually(lambda: payee.told_of(transfer), what="it is made and told")
    eventually(lambda: len(payer.told_of(transfer)) == 2, what="the payer is told of both")
    assert payee.told_of(transfer) == ["transfer.received"]
    assert payer.told_of(transfer) == ["transfer.sent", "transfer.scheduled"]


def test_what_is_done_about_an_account_is_told_to_its_owner(platform: Platform, admin: Client, member: Make) -> None:
    owner = member()
    (account,) = owner.accounts()

    for act in ("freeze", "unfreeze"):
        answer = httpx.post(
            f"{platform.transaction_url}/v1/accounts/{account['id']}/{act}",
            json={"reason": "a test"},
            headers=admin.bearer() | {"Idempotency-Key": uuid.uuid4().hex},
        )
        assert answer.status_code == 200

    eventually(lambda: owner.inbox()[0]["kind"] == "account.unfrozen", what="the owner is told")
    assert [found["kind"] for found in owner.inbox(limit=2)] == ["account.unfrozen", "account.frozen"]
    assert owner.inbox()[0]["account"] == {"id": account["id"], "currency": "EUR", "purpose": "main"}


def test_a_repeated_request_notifies_nobody_again(member: Make) -> None:
    payer, payee, key = member(), member(), uuid.uuid4().hex

    transfers = [payer.send(payee.username, 5, key=key).json()["id"] for _ in range(3)]
    last = payer.send(payee.username, 6).json()["id"]

    eventually(lambda: payee.told_of(last), what="the notification of a later transfer")
    assert payee.told_of(transfers[0]) == ["transfer.received"]


def test_notifications_are_read_one_by_one_or_all_at_once(member: Make) -> None:
    payer, payee = member(), member()
    for amount in (1, 2, 3):
        payer.send(payee.username, amount)
    eventually(
        lambda: len(payee.inbox(unread="true", kind="transfer")) == 4, what="the grant and three transfers, unread"
    )
    newest = payee.inbox()[0]["id"]
    unread = len(payee.inbox(unread="true")) - 1

    assert payee.post(f"/v1/notifications/{newest}/read", of="notification-web").status_code == 204
    assert newest not in [found["id"] for found in payee.inbox(unread="true")]
    assert payee.post("/v1/notifications/read-all", of="notification-web").json() == {"read": unread}

    page = payee.get("/v1/notifications", of="notification-web").json()
    assert page["unread"] == 0
    assert all(found["read_at"] for found in page["notifications"])


def test_the_inbox_is_paged_without_gaps(member: Make) -> None:
    payer, payee = member(), member()
    sent = [payer.send(payee.username, amount).json()["id"] for amount in range(1, 8)]
    eventually(lambda: len(payee.inbox(kind="transfer")) == 8, what="the grant and seven transfers")

    seen, query = list[dict[str, Any]](), dict[str, object]()
    while query.get("cursor", "") is not None:
        page = payee.get("/v1/notifications", of="notification-web", limit=3, kind="transfer", **query).json()
        assert len(page["notifications"]) <= 3
        seen += page["notifications"]
        query = {"cursor": page["next_cursor"]}

    assert [found["transfer_id"] for found in seen][: len(sent)] == sent[::-1]
    assert len(seen) == 8


def test_somebody_elses_notification_can_not_be_marked(member: Make) -> None:
    person, other = member(), member()
    eventually(lambda: person.inbox(kind="transfer"), what="the grant's notification")
    (grant,) = person.inbox(kind="transfer")

    answer = other.post(f"/v1/notifications/{grant['id']}/read", of="notification-web")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert person.inbox(kind="transfer")[0]["read_at"] is None


def test_what_the_pipeline_did_is_told_to_services_alone(member: Make, operator: Api) -> None:
    payer, payee = member(), member()
    transfer = payer.send(payee.username, 1).json()
    position = transfer["position"]

    eventually(lambda: operator.notified(position - 1, position) == 1, what="the position is covered")
    for path in ("coverage?after=0&upto=1", f"events/{transfer['id']}"):
        answer = payer.get(f"/v1/notifications/{path}", of="notification-web")
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


@pytest.fixture
def alert() -> dict[str, Any]:
    """An Alertmanager's message, version 4, with one alert of its own."""
    one = {
        "status": "firing",
        "labels": {"alertname": "OfATest", "severity": "ticket"},
        "annotations": {"summary": f"a test of the operators' inbox, {uuid.uuid4().hex}"},
        "startsAt": "2026-11-01T09:30:00.120Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://localhost:9090/graph",
        "fingerprint": uuid.uuid4().hex[:16],
    }
    return {
        "version": "4",
        "groupKey": '{}:{alertname="OfATest"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "tickets",
        "groupLabels": {"alertname": "OfATest"},
        "commonLabels": one["labels"],
        "commonAnnotations": one["annotations"],
        "externalURL": "http://localhost:9093",
        "alerts": [one],
    }


def post_alert(platform: Platform, alert: dict[str, Any], token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.post(f"{platform.url('notification-web')}/v1/alerts", json=alert, headers=headers)


def test_an_alert_reaches_every_admin_once_however_often_it_comes(
    platform: Platform, admin: Client, member: Make, alert: dict[str, Any]
) -> None:
    person, token = member(), platform.stack.secret("alert-webhook-token")
    summary = alert["alerts"][0]["annotations"]["summary"]

    def told() -> list[dict[str, Any]]:
        return [found for found in admin.inbox(limit=100) if summary in found["title"] + found["text"]]

    # An administrator who was just made is known here a moment later; whoever is not there yet misses no later alert.
    eventually(lambda: post_alert(platform, alert, token).status_code == 204 and told(), what="the admin is told")
    assert post_alert(platform, alert, token).status_code == 204

    assert [found["kind"] for found in told()] == ["operator.alert"]
    assert not [found for found in person.inbox() if found["kind"] == "operator.alert"]


def test_an_alert_comes_through_alertmanager_to_the_operators_when_it_fires_and_when_it_ends(
    platform: Platform, admin: Client
) -> None:
    summary = f"a test of the way through Alertmanager, {uuid.uuid4().hex}"
    alert = {
        "labels": {"alertname": "OfATest", "severity": "ticket", "service": uuid.uuid4().hex, "process": "none"},
        "annotations": {
            "summary": summary,
            "runbook_url": "docs/runbooks/ProcessDown.md",
            "dashboard_url": "/d/fintech-overview?viewPanel=60",
        },
    }

    def tell(**times: str) -> None:
        url = f"{platform.url('alertmanager')}/api/v2/alerts"
        httpx.post(url, json=[alert | times], timeout=10).raise_for_status()

    def told() -> dict[str, Any]:
        found = [each["alert"] for each in admin.inbox(kind="operator", limit=100) if summary in each["text"]]
        return {each["status"]: each for each in found}

    tell()
    eventually(lambda: "firing" in told(), what="the admin is told that it fires", within_seconds=60)
    firing = told()["firing"]
    assert firing["runbook_url"] == f"{platform.public_url('monitoring-web')}/runbooks/ProcessDown"
    # There is no Grafana here, so its link leads to the overview that there is.
    assert firing["dashboard_url"] == f"{platform.public_url('monitoring-web')}/status"
    assert (firing["severity"], firing["process"]) == ("ticket", "none")

    tell(endsAt=datetime.now(UTC).isoformat())
    eventually(lambda: "resolved" in told(), what="the admin is told that it ended", within_seconds=90)


def test_nobody_else_may_send_alerts(platform: Platform, admin: Client, member: Make, alert: dict[str, Any]) -> None:
    for token in ("", "wrong", member().token, admin.token):
        assert post_alert(platform, alert, token).status_code == 401
    assert alert["alerts"][0]["annotations"]["summary"] not in str(admin.inbox(limit=100))


def test_a_notification_arrives_on_the_live_stream(member: Make, platform: Platform) -> None:
    payer, payee, other = member(), member(), member()
    with (
        stream(live(platform), payee.bearer()) as opened,
        stream(live(platform), other.bearer()) as others,
    ):
        transfer = payer.send(payee.username, 1250).json()["id"]
        to_other = payer.send(other.username, 1).json()["id"]

        heard = [found for _, found in opened.until(transfer)]
        others_heard = [found for _, found in others.until(to_other)]
    assert to_other not in heard
    assert transfer not in others_heard


def test_a_stream_that_broke_goes_on_without_a_gap(member: Make, platform: Platform) -> None:
    payer, payee = member(), member()
    with stream(live(platform), payee.bearer()) as opened:
        first = payer.send(payee.username, 1).json()["id"]
        *_, (last_id, _) = opened.until(first)

    missed = [payer.send(payee.username, amount).json()["id"] for amount in (2, 3, 4)]
    eventually(lambda: payee.told_of(missed[-1]), what="what came while nobody listened")

    with stream(live(platform), payee.bearer() | {"Last-Event-ID": last_id}) as again:
        now = payer.send(payee.username, 5).json()["id"]
        heard = [found for _, found in again.until(now)]
    assert set(missed) <= set(heard)


def test_a_log_out_ends_the_stream(member: Make, platform: Platform) -> None:
    person = member()
    with stream(live(platform), person.bearer()) as opened:
        assert person.log_out().status_code == 204

        assert opened.seconds_to_the_end() < LOG_OUT_SECONDS
    assert httpx.get(live(platform), headers=person.bearer()).status_code == 401


def test_only_the_inbox_page_may_listen_from_another_origin(member: Make, platform: Platform) -> None:
    person, inbox = member(), platform.public_url("notification-web")
    with stream(live(platform), person.bearer() | {"Origin": inbox}) as opened:
        assert opened.headers["Content-Type"].split(";")[0] == "text/event-stream"
        assert opened.headers["Access-Control-Allow-Origin"] == inbox
        assert opened.headers["Access-Control-Allow-Credentials"] == "true"

    foreign = httpx.get(live(platform), headers={"Origin": "http://elsewhere.example"})
    assert foreign.status_code in (401, 403)
    assert "Access-Control-Allow-Origin" not in foreign.headers
