"""Notifications as letters, and what the mail server's answers mean."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from contracts.notices import Kind
from notification_service.domain import Channel, Delivery, Notification, Session, notifications_of
from notification_service.mail.carrier import MailCarrier
from notification_service.mail.letters import LetterWriter, Places
from notification_service.ports import Delayed, Person, Refused, TargetAway, Unwanted
from service_kit.smtp import LetterDelayed, LetterRefused, MailServerAway
from tests.manual_clock import ManualClock
from tests.unit.notification_service.events import ANN, BOB, FIRST, NOW, SECOND, SHOWN, THIRD, an_id
from tests.unit.notification_service.memory import MemoryPeople
from tests.unit.notification_service.orders import mail

PLACES = Places("http://localhost:5002", "http://localhost:5001", "http://localhost:5000", "http://localhost:5003")


class PostOffice:
    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.fails: Exception | None = None

    def __call__(self, letter, address):
        assert address == letter["To"]
        if self.fails is not None:
            raise self.fails
        self.letters.append(letter)


class Desk:
    def __init__(self) -> None:
        self.people, self.post = MemoryPeople(), PostOffice()
        self.write = LetterWriter("Fintech App <no-reply@example.com>", PLACES, ManualClock(NOW).now)
        self.carrier = MailCarrier(self.people, self.write, self.post)
        self.known(ANN, "ann")
        self.known(BOB, "bob")

    def known(self, user_id, username, email="ann@example.com", confirmed=True):
        self.people.keep([Person(user_id, username, ("user",), NOW, email, confirmed)])

    def letter(self, delivery=None):
        self.carrier.deliver(delivery or mail())
        return self.post.letters[-1]


@pytest.fixture
def desk():
    return Desk()


def text_of(letter, kind="plain"):
    return letter.get_body((kind,)).get_content()


def of_access(kind=Kind.NEW_DEVICE):
    session = Session(an_id(5), "Firefox on Linux", "browser")
    return Delivery(Notification(an_id(9), ANN, Channel.EMAIL, kind, None, NOW, session=session))


def test_a_letter_says_what_the_inbox_says(desk):
    letter = desk.letter()
    assert letter["Subject"] == "You sent €12.50"
    for kind in ("plain", "html"):
        text = text_of(letter, kind)
        for part in ("Hello ann,", "You sent €12.50", "To @bob", "Jan 2, 2026, 03:04:05 UTC"):
            assert part in text
        assert f"http://localhost:5001/transfers/{an_id(1)}" in text


def test_it_can_be_known_again_and_answers_to_no_machine(desk):
    first, second = desk.letter(), desk.letter()
    assert first["Message-ID"] == second["Message-ID"] == f"<{mail().id}@example.com>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert (first["From"], first["To"]) == ("Fintech App <no-reply@example.com>", "ann@example.com")


def test_such_letters_can_be_turned_off_and_those_of_access_can_not(desk):
    settings = "http://localhost:5002/settings"
    ordinary, security = desk.letter(), desk.letter(of_access())
    assert ordinary["List-Unsubscribe"] == f"<{settings}>"
    assert settings in text_of(ordinary)
    assert settings in text_of(ordinary, "html")
    assert security["List-Unsubscribe"] is None
    assert "/settings" not in text_of(security) + text_of(security, "html")
    assert "http://localhost:5000/protected_web" in text_of(security)


def test_each_page_of_ours_that_a_letter_leads_to_is_there(world):
    paths = {rule.rule for rule in world.web().url_map.iter_rules()}
    assert {"/inbox", "/webhooks", PLACES.settings_path} <= paths


def test_a_letter_loads_nothing(desk):
    html = text_of(desk.letter(), "html")
    assert "src=" not in html
    assert "url(" not in html


def test_amounts_are_written_in_the_readers_way(desk):
    letter = desk.write(mail(), "ann@example.com", "ann", "bob", locale="de")
    assert "12,50" in letter["Subject"]
    assert 'lang="de"' in text_of(letter, "html")


def test_what_somebody_else_has_chosen_stays_text(desk):
    told = replace(of_access().notification, session=Session(an_id(5), "<script>alert(1)</script>", "browser"))
    html = text_of(desk.letter(Delivery(told)), "html")
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_name_with_a_line_break_makes_no_header(desk):
    told = replace(of_access().notification, session=Session(an_id(5), "x\r\nBcc: eve@example.com", "browser"))
    letter = desk.letter(Delivery(told))
    assert "x Bcc: eve@example.com" in letter["Subject"]
    assert letter["Bcc"] is None


@pytest.mark.parametrize("name", SHOWN)
def test_each_example_of_the_contract_makes_a_letter_that_can_be_read_again(desk, name):
    for user_id in (FIRST, SECOND, THIRD):
        desk.known(user_id, "somebody")
    for told in notifications_of(SHOWN[name]):
        letter = desk.letter(Delivery(replace(told, channel=Channel.EMAIL)))
        again = message_from_bytes(letter.as_bytes(), policy=policy.default)
        assert again["Subject"] == letter["Subject"]


def test_who_has_no_confirmed_address_gets_none(desk):
    desk.known(ANN, "ann", confirmed=False)
    with pytest.raises(Unwanted, match="no_confirmed_address"):
        desk.carrier.deliver(mail())
    desk.known(ANN, "ann", email=None)
    with pytest.raises(Unwanted):
        desk.carrier.deliver(mail())


def test_it_goes_to_the_address_as_it_is_when_it_is_sent(desk):
    desk.known(ANN, "ann", "new@example.org")
    assert desk.letter()["To"] == "new@example.org"


@pytest.mark.parametrize(
    ("says", "means", "cause"),
    [
        (LetterRefused("550", 550), Refused, "refused_by_mail_server"),
        (LetterDelayed("451", 451), Delayed, "delayed_by_mail_server"),
        (MailServerAway("421", 421), TargetAway, "mail_server_away"),
        (MailServerAway("timed out"), TargetAway, "mail_server_away"),
    ],
)
def test_what_the_mail_server_says_has_its_meaning(desk, says, means, cause):
    desk.post.fails = says
    with pytest.raises(means) as raised:
        desk.carrier.deliver(mail())
    assert (raised.value.cause, raised.value.status) == (cause, says.code)


@pytest.mark.parametrize("address", ["=?x?q?y?=@evil.com", "=?utf-8?q?=F0?=@evil.com"])
def test_an_address_that_a_header_would_turn_into_another_is_refused(desk, address):
    desk.known(ANN, "ann", address)
    with pytest.raises(Refused, match="address_unusable"):
        desk.carrier.deliver(mail())


def test_who_has_closed_their_account_is_told_nothing(desk):
    nothing = replace(mail().notification, transfer=None)
    with pytest.raises(ValueError, match="about nothing"):
        desk.carrier.deliver(Delivery(nothing))
