"""Every event of the contract as its people read it, and every reason in words."""

from __future__ import annotations

import json

import pytest
from flask_babel import force_locale

from contracts.notices import LEDGER_KINDS, REPORT_KINDS, USER_KINDS, WATCH_KINDS, WEBHOOK_KINDS, Kind
from contracts.topics import HERE
from notification_service.code_words import KINDS, OUTCOMES, kind_word
from notification_service.domain import (
    Channel,
    Direction,
    Many,
    Notification,
    Outcome,
    Session,
    Transfer,
    Watch,
    Webhook,
    security_notification,
)
from notification_service.domain.watching import by_amount, first_to, many, notice, paying
from notification_service.storage.notification_document import notification_document, notification_of
from notification_service.words import (
    ACCOUNTS,
    NOTICED,
    REASONS,
    REJECTED,
    REPORTS,
    SECURITY,
    TRANSFERS,
    WEBHOOKS,
    security_words,
    transfer_words,
    words_of,
)
from tests.unit.notification_service.events import BOB, FIRST, NOW, SECOND, SHOWN, SHOWN_OF_USERS, THIRD, posted
from tests.unit.notification_service.world import USERS

PEOPLE = {"ann": FIRST, "bob": SECOND, "cem": THIRD}
TOLD = {
    "account.closed": [
        ("ann", "account.closed", "Your account “holiday” in EUR was closed", "It was empty, and stays closed.")
    ],
    "account.frozen": [
        (
            "ann",
            "account.frozen",
            "Your account in EUR was frozen",
            "It can't pay or be paid until support has unfrozen it.",
        )
    ],
    "account.limits_changed": [
        ("ann", "account.limits_changed", "Your limits in EUR were changed", "The page for sending money shows them.")
    ],
    "account.opened": [],
    "account.unfrozen": [
        ("ann", "account.unfrozen", "Your account in EUR is no longer frozen", "It can pay and be paid again.")
    ],
    "transfer.expired": [
        ("ann", "hold.expired", "€40.00 of yours is no longer held", "The hold for @bob has run out"),
        ("bob", "hold.expired", "€40.00 is no longer held for you", "The hold by @ann has run out"),
    ],
    "transfer.pending": [
        ("ann", "hold.placed", "€40.00 of yours is held", "For @bob, until Nov 1, 2026, 10:30:14 UTC"),
        ("bob", "hold.placed", "€40.00 is held for you", "By @ann, until Nov 1, 2026, 10:30:14 UTC"),
    ],
    "transfer.posted.captured": [
        ("ann", "hold.captured", "You sent €30.00 that was held", "To @bob"),
        ("bob", "hold.captured", "You received €30.00 that was held", "From @ann"),
    ],
    "transfer.posted.deposit": [("bob", "transfer.deposited", "€200.00 was paid in", "Into your account, by support")],
    "transfer.posted.grant": [
        ("ann", "transfer.received", "You received €1,000.00", "From the platform: a gift for signing up")
    ],
    "transfer.posted": [
        ("ann", "transfer.sent", "You sent €12.50", "To @bob"),
        ("bob", "transfer.received", "You received €12.50", "From @ann"),
    ],
    "transfer.posted.own_accounts": [("ann", "transfer.moved", "You moved €50.00", "Between accounts of your own")],
    "transfer.posted.scheduled": [
        ("ann", "transfer.sent", "You sent €7.00", "To @bob"),
        ("bob", "transfer.received", "You received €7.00", "From @ann"),
    ],
    "transfer.posted.split": [
        ("ann", "transfer.sent", "You sent €12.50", "To several people"),
        ("bob", "transfer.received", "You received €10.00", "From @ann"),
        ("cem", "transfer.received", "You received €2.50", "From @ann"),
    ],
    "transfer.posted.withdrawal": [
        ("bob", "transfer.withdrawn", "€50.00 was paid out", "From your account, by support")
    ],
    "transfer.refunded": [
        ("ann", "transfer.refunded", "You were paid back €2.50", "By @bob"),
        ("bob", "transfer.refunded", "You paid back €2.50", "To @ann"),
    ],
    "transfer.refunded.reversal": [
        ("ann", "transfer.reversed", "€10.00 was given back to you", "Support has reversed a transfer"),
        ("bob", "transfer.reversed", "€10.00 was taken back from you", "Support has reversed a transfer"),
    ],
    "transfer.rejected.capture": [],
    "transfer.rejected": [
        ("ann", "transfer.rejected", "Your transfer of €12.50 was not made", "Nobody here has that username.")
    ],
    "transfer.rejected.scheduled": [
        (
            "ann",
            "transfer.rejected",
            "Your scheduled transfer of €7.00 was not made",
            "Nothing can be paid from your account now. Ask support.",
        )
    ],
    "transfer.scheduled": [
        ("ann", "transfer.scheduled", "€7.00 will be sent", "To @bob, on Nov 2, 2026, 10:31:20 UTC")
    ],
    "transfer.voided": [
        ("ann", "hold.voided", "€40.00 of yours is no longer held", "The hold for @bob was called off"),
        ("bob", "hold.voided", "€40.00 is no longer held for you", "The hold by @ann was called off"),
    ],
    "transfer.voided.scheduled": [
        ("ann", "transfer.called_off", "Your scheduled transfer of €7.00 was called off", "To @bob")
    ],
}


@pytest.fixture
def everybody(world):
    for name, user_id in PEOPLE.items():
        world.known(user_id, name)
    return world


def test_each_example_of_the_contract_is_told_in_words(everybody, client, monkeypatch):
    for name, user_id in PEOPLE.items():
        monkeypatch.setitem(USERS, name, user_id)
    for event in SHOWN.values():
        everybody.told(event)
    answers = {
        name: client.get("/v1/notifications?limit=100", headers={"Authorization": f"Bearer {name}"}) for name in PEOPLE
    }
    names = {event["event_id"]: name for name, event in SHOWN.items()}
    told = {name: [] for name in SHOWN}
    for reader, answer in answers.items():
        for each in answer.json["notifications"]:
            told[names[each["event_id"]]].append((reader, each["kind"], each["title"], each["text"]))
    assert told == TOLD


NOT_YOU = "If that was not you, change your password and log out everywhere."
TOLD_OF_USERS = {
    "session.reuse_detected": (
        "A session of yours was ended",
        "Nov 1, 2026, 10:00:00 UTC. Its key was used twice, which happens when somebody has copied it. " + NOT_YOU,
    ),
    "session.started": (
        "New sign-in: Firefox 130 on Linux",
        "Nov 1, 2026, 10:00:00 UTC, from a device that was not known. " + NOT_YOU,
    ),
    "user.locked": (
        "Your access was locked",
        "Nov 1, 2026, 09:45:00 UTC. Ask support why; your money is safe.",
    ),
    "user.password_changed": ("Your password was changed", "Nov 1, 2026, 11:00:00 UTC. " + NOT_YOU),
    "user.registered": ("Welcome", "Whatever happens to your money and your account is told here, once."),
    "user.second_factor_disabled": ("Your second factor was switched off", "Nov 1, 2026, 11:05:00 UTC. " + NOT_YOU),
    "user.second_factor_enabled": ("A second factor was switched on", "Nov 1, 2026, 10:05:00 UTC. " + NOT_YOU),
    "user.second_factor_recovery_renewed": (
        "Your recovery codes were replaced",
        "Nov 1, 2026, 13:05:00 UTC. The old ones are void. " + NOT_YOU,
    ),
    "user.second_factor_recovery_used": (
        "A recovery code was used to log in",
        "Nov 1, 2026, 12:05:00 UTC. " + NOT_YOU,
    ),
    "user.unlocked": ("Your access is no longer locked", "Nov 1, 2026, 09:45:00 UTC. You can log in again."),
}


def test_each_example_about_a_user_is_told_in_words(client):
    told = {name: security_notification(event) for name, event in SHOWN_OF_USERS.items()}
    with client.application.test_request_context():
        assert {name: words_of(notice, None) for name, notice in told.items() if notice} == TOLD_OF_USERS


def test_a_sign_in_names_the_device_where_it_is_known(client):
    sessions = [Session("s", device, "browser") for device in ("Firefox on Linux", None)]
    with client.application.test_request_context():
        named, unnamed = (security_words(Kind.NEW_DEVICE, session, NOW) for session in sessions)
    assert named == (
        "New sign-in: Firefox on Linux",
        "Jan 2, 2026, 03:04:05 UTC, from a device that was not known. " + NOT_YOU,
    )
    assert unnamed[0] == "New sign-in: a program or a browser"


def test_what_rules_find_is_told_in_words_and_in_the_readers_money(client):
    paid = paying(posted(1, amount=60_000, balance=1_000))
    found = [*by_amount(paid, Watch()), first_to(BOB), many([paid.at_ms - 1], paid.at_ms, Many(2, 5))]
    # As they were kept: a first payment is found without any figure, and is told all the same.
    large, low, first, many_notice = (notification_of(notification_document(notice(paid, each))) for each in found)
    with client.application.test_request_context():
        assert [words_of(each, "bob") for each in (large, first, many_notice, low)] == [
            ("Large payment: €600.00", "To @bob. You are told of every payment from €500.00 on. " + NOT_YOU),
            ("First payment to @bob", "€600.00. " + NOT_YOU),
            ("2 payments within 5 minutes", "The latest is €600.00, to @bob. " + NOT_YOU),
            ("Low balance: €10.00", "Your account in EUR fell below €25.00."),
        ]
        with force_locale("de"):
            assert words_of(low, "bob")[0] == "Low balance: 10,00\xa0€"


def test_what_was_done_about_a_webhook_names_its_host_and_says_what_to_do(client):
    about = Webhook(FIRST, "evil.example", "by_owner")
    with client.application.test_request_context():
        said = {
            kind: words_of(Notification(SECOND, BOB, Channel.INBOX, kind, None, NOW, webhook=about), None)
            for kind in WEBHOOK_KINDS
        }
    assert {title for title, _ in said.values()} == {
        "A webhook was added: evil.example",
        "A webhook of yours leads elsewhere: evil.example",
        "The secret of a webhook was replaced: evil.example",
    }
    assert all("delete the webhook, change your password" in line for _, line in said.values())


def test_every_kind_and_every_reason_has_words():
    schema = json.loads((HERE / "schemas/transactions.v1.json").read_text(encoding="utf-8"))
    transfer = schema["definitions"]["transfer"]["properties"]
    assert {kind for kind, _ in TRANSFERS} | set(ACCOUNTS) | {Kind.REJECTED} == LEDGER_KINDS
    assert set(SECURITY) == USER_KINDS
    assert set(WEBHOOKS) == WEBHOOK_KINDS
    assert set(NOTICED) == WATCH_KINDS
    assert set(REPORTS) == REPORT_KINDS
    assert set(REASONS) | {None} == set(transfer["reason"]["enum"])
    # Nobody who could be told makes a grant or a deposit; a reversal is the staff's.
    assert set(REJECTED) | {"grant", "deposit", "reversal"} == set(transfer["type"]["enum"])


@pytest.mark.parametrize("kind", sorted({kind for kind, direction in TRANSFERS if direction}))
def test_what_both_sides_are_told_has_words_for_each_and_for_oneself(kind):
    assert {direction for of, direction in TRANSFERS if of == kind} == set(Direction)


def test_what_an_older_release_stored_is_still_told(client):
    with client.application.test_request_context():
        old = Transfer("t", "payment", 1250, "EUR", "b", None)
        assert transfer_words(Kind.SENT, old, "bob") == ("You sent €12.50", "To @bob")


def test_every_code_has_a_word_and_a_later_releases_stays_a_code():
    assert (set(KINDS), set(OUTCOMES)) == (set(Kind), set(Outcome))
    assert kind_word("transfer.teleported") == "transfer.teleported"
