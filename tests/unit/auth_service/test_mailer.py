from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from auth_service.domain import LETTERS_PER_WINDOW, EmailChange, LetterKind, MailOrder, User
from auth_service.letters import WORDS, LetterWriter
from auth_service.mailing import LEASE, Mailer, pause_after
from auth_service.metrics import MailerMetrics
from auth_service.opaque_tokens import hash_of
from service_kit.process import Progress, StopSignal
from service_kit.smtp import LetterDelayed, LetterRefused, MailServerAway
from tests.manual_clock import ManualClock
from tests.unit.auth_service.memory import MemoryOutbox, MemoryTrail, MemoryUsers
from tests.unit.auth_service.memory_mail import MemoryMail

ADDRESS = "demo-001@example.com"


class PostOffice:
    """Where letters end; `fails` with an error instead while there is one."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.fails: Exception | None = None

    def __call__(self, letter: EmailMessage, address: str) -> None:
        assert address == letter["To"]
        if self.fails is not None:
            raise self.fails
        self.letters.append(letter)


class Desk:
    """A mailer over memory, open for inspection."""

    def __init__(self) -> None:
        self.clock, self.registry = ManualClock(), CollectorRegistry()
        self.mail, self.post = MemoryMail(), PostOffice()
        self.users = MemoryUsers(MemoryOutbox(), MemoryTrail(), self.mail)
        write = LetterWriter("Fintech App <no-reply@example.com>", "http://localhost:5000", self.clock.now)
        self.mailer = Mailer(
            self.mail,
            self.users,
            write,
            self.post,
            MailerMetrics(self.registry),
            Progress(self.clock),
            self.clock,
            lambda: None,
        )

    def person(self, name: str = "demo-001", address: str = ADDRESS, *, confirmed: bool = False) -> User:
        user = User(f"id-{name}", name, address, ("user",), "user", self.clock.now(), "hash", confirmed)
        self.users.put(user)
        return user

    def order(self, user: User, kind: LetterKind = "confirm_email", id: str = "order-1") -> MailOrder:
        order = MailOrder(id, kind, user.email, user.id, self.clock.now())
        self.mail.add(order)
        return order

    def count_of(self, outcome: str, kind: str = "confirm_email") -> float:
        return self.registry.get_sample_value("auth_mail_letters_total", {"kind": kind, "outcome": outcome}) or 0.0


@pytest.fixture
def desk() -> Desk:
    return Desk()


def text_of(letter: EmailMessage, kind: str = "plain") -> str:
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def token_in(letter: EmailMessage) -> str:
    found = re.search(r"token=([\w-]{43})\b", text_of(letter))
    assert found is not None
    return found[1]


def test_an_ordered_letter_is_sent_once(desk: Desk) -> None:
    desk.order(desk.person())

    assert desk.mailer.send_next() is True
    assert desk.mailer.send_next() is False

    [letter] = desk.post.letters
    assert (letter["To"], letter["Subject"]) == (ADDRESS, "Confirm your e-mail address")
    assert letter["From"] == "Fintech App <no-reply@example.com>"
    assert letter["Message-ID"] == "<order-1@example.com>"
    assert "Hello demo-001," in text_of(letter)
    assert (desk.count_of("sent"), desk.mail.orders) == (1, {})


def test_the_link_is_made_when_the_letter_is_sent_and_only_its_hash_is_kept(desk: Desk) -> None:
    order = desk.order(desk.person())
    assert desk.mail.links == {}

    desk.mailer.send_next()

    token = token_in(desk.post.letters[0])
    link = desk.mail.links[hash_of(token)]
    assert (link.user_id, link.address, link.kind) == ("id-demo-001", ADDRESS, "confirm_email")
    assert link.expires_at == order.ordered_at + timedelta(hours=24)
    assert token not in repr(desk.mail.links)


def test_both_forms_of_a_letter_have_the_link_and_load_nothing(desk: Desk) -> None:
    desk.order(desk.person())
    desk.mailer.send_next()

    [letter] = desk.post.letters
    url = f"http://localhost:5000/confirm_email?token={token_in(letter)}"
    html = text_of(letter, "html")
    assert url in text_of(letter)
    assert f'href="{url}"' in html
    assert "src=" not in html
    assert "url(" not in html


def test_every_kind_of_letter_has_words(desk: Desk) -> None:
    for kind in WORDS:
        assert str(WORDS[kind].subject)


def test_an_address_that_is_another_persons_gets_no_link_but_word_of_their_account(desk: Desk) -> None:
    desk.person("owner", "Demo-001@example.com", confirmed=True)
    desk.order(desk.person("newcomer"))

    desk.mailer.send_next()

    [letter] = desk.post.letters
    assert letter["Subject"] == "You already have an account"
    assert "Hello owner," in text_of(letter)
    assert "token" not in text_of(letter)
    assert desk.mail.links == {}


def test_word_of_an_account_goes_to_the_address_as_its_owner_has_it(desk: Desk) -> None:
    desk.person("owner", "Demo-001@example.com", confirmed=True)
    desk.order(desk.person("newcomer"))

    desk.mailer.send_next()

    assert desk.post.letters[0]["To"] == "Demo-001@example.com"


def test_an_address_that_only_reads_alike_is_another(desk: Desk) -> None:
    desk.person("owner", "strasse@example.com", confirmed=True)
    desk.order(desk.person("newcomer", "straße@example.com"))

    desk.mailer.send_next()

    [letter] = desk.post.letters
    assert (letter["To"], letter["Subject"]) == ("straße@example.com", "Confirm your e-mail address")


def test_who_asks_for_a_reset_again_has_a_link_that_works(desk: Desk) -> None:
    desk.person(confirmed=True)
    for number in range(2 * LETTERS_PER_WINDOW):
        desk.mail.add(MailOrder(f"order-{number}", "reset_password", ADDRESS, None, desk.clock.now()))
        desk.mailer.send_next()
        if number == LETTERS_PER_WINDOW - 1:
            desk.clock.advance(30 * 60)

    assert len(desk.post.letters) == 2 * LETTERS_PER_WINDOW


def test_a_reset_goes_to_who_has_confirmed_the_address_and_to_nobody_else(desk: Desk) -> None:
    desk.person("stranger", ADDRESS)
    desk.mail.add(MailOrder("order-1", "reset_password", ADDRESS, None, desk.clock.now()))
    desk.mailer.send_next()
    assert (desk.post.letters, desk.count_of("moot", "reset_password")) == ([], 1)

    desk.person("owner", ADDRESS, confirmed=True)
    desk.mail.add(MailOrder("order-2", "reset_password", ADDRESS.upper(), None, desk.clock.now()))
    desk.mailer.send_next()

    [letter] = desk.post.letters
    link = desk.mail.links[hash_of(token_in(letter))]
    assert (link.user_id, link.address, letter["To"]) == ("id-owner", ADDRESS, ADDRESS)
    assert link.expires_at == desk.clock.now() + timedelta(minutes=30)


def test_letters_about_another_address_go_where_they_should(desk: Desk) -> None:
    ends = desk.clock.now() + timedelta(days=1)
    user = replace(desk.person(confirmed=True), email_change=EmailChange("change-1", "new@example.org", ends, False))
    desk.users.put(user)
    for number, (kind, address, about) in enumerate(
        [
            ("confirm_new_email", "new@example.org", "change-1"),
            ("approve_new_email", ADDRESS, "change-1"),
            ("confirm_new_email", "earlier@example.org", "change-0"),
            ("email_changed", "before@example.com", ""),
        ]
    ):
        desk.mail.add(MailOrder(f"order-{number}", kind, address, user.id, desk.clock.now(), about=about))  # type: ignore[arg-type]
        desk.mailer.send_next()

    assert [letter["To"] for letter in desk.post.letters] == ["new@example.org", ADDRESS, "before@example.com"]
    assert {link.about for link in desk.mail.links.values()} == {"change-1"}
    assert desk.count_of("moot", "confirm_new_email") == 1


def test_a_wish_for_anothers_address_is_told_to_its_owner_only(desk: Desk) -> None:
    desk.person("owner", "new@example.org", confirmed=True)
    ends = desk.clock.now() + timedelta(days=1)
    user = replace(desk.person(confirmed=True), email_change=EmailChange("change-1", "new@example.org", ends, False))
    desk.users.put(user)
    desk.mail.add(
        MailOrder("order-1", "confirm_new_email", "new@example.org", user.id, desk.clock.now(), about="change-1")
    )

    desk.mailer.send_next()

    [letter] = desk.post.letters
    assert (letter["Subject"], desk.mail.links) == ("You already have an account", {})


def test_what_is_confirmed_already_needs_no_letter(desk: Desk) -> None:
    desk.order(desk.person(confirmed=True))

    desk.mailer.send_next()

    assert (desk.post.letters, desk.count_of("moot"), desk.mail.orders) == ([], 1, {})


def test_an_address_that_the_person_has_left_gets_no_letter(desk: Desk) -> None:
    desk.order(desk.person())
    desk.person(address="new@example.com")

    desk.mailer.send_next()

    assert (desk.post.letters, desk.count_of("moot")) == ([], 1)


def test_one_address_gets_so_many_letters_an_hour_and_no_more(desk: Desk) -> None:
    for number in range(LETTERS_PER_WINDOW + 2):
        desk.order(desk.person(f"demo-{number}", ADDRESS.upper() if number % 2 else ADDRESS), id=f"order-{number}")
        desk.mailer.send_next()

    assert len(desk.post.letters) == LETTERS_PER_WINDOW
    assert desk.count_of("withheld") == 2

    desk.clock.advance(3601)
    desk.order(desk.person("demo-9"), id="order-9")
    desk.mailer.send_next()
    assert len(desk.post.letters) == LETTERS_PER_WINDOW + 1


def test_a_letter_that_the_server_could_not_take_is_tried_again_later(desk: Desk) -> None:
    desk.order(desk.person())
    desk.post.fails = MailServerAway("connection refused")

    with pytest.raises(MailServerAway):
        desk.mailer.send_next()
    desk.post.fails = None
    assert desk.mailer.send_next() is False

    desk.clock.advance(pause_after(1).total_seconds())
    assert desk.mailer.send_next() is True
    assert (desk.count_of("failed"), desk.count_of("sent"), len(desk.post.letters)) == (1, 1, 1)


def test_pauses_grow_to_five_minutes() -> None:
    assert [pause_after(tries).total_seconds() for tries in (1, 2, 3, 6, 100)] == [15, 30, 60, 300, 300]


def test_a_letter_whose_link_would_be_too_old_is_given_up(desk: Desk) -> None:
    desk.order(desk.person())
    desk.clock.advance(24 * 3600)

    desk.mailer.send_next()

    assert (desk.post.letters, desk.count_of("given_up"), desk.mail.orders) == ([], 1, {})


def test_a_letter_that_is_refused_for_good_is_not_tried_again(desk: Desk) -> None:
    desk.order(desk.person())
    desk.post.fails = LetterRefused("550")

    desk.mailer.send_next()

    assert (desk.count_of("refused"), desk.mail.orders) == (1, {})


def test_what_can_be_no_letter_does_not_stop_the_others(desk: Desk) -> None:
    desk.order(desk.person("admin", "admin@localhost\nBcc: others@example.com"), "password_changed")
    desk.order(desk.person(), id="order-2")

    while desk.mailer.send_next():
        pass

    assert (desk.count_of("refused", "password_changed"), len(desk.post.letters)) == (1, 1)


def test_an_address_that_takes_nothing_for_now_keeps_no_other_waiting(desk: Desk) -> None:
    desk.order(desk.person())
    desk.post.fails = LetterDelayed("451")

    assert desk.mailer.send_next() is True
    desk.post.fails = None
    assert desk.mailer.send_next() is False
    desk.clock.advance(pause_after(1).total_seconds())
    desk.mailer.send_next()

    assert (desk.count_of("failed"), desk.count_of("sent"), len(desk.post.letters)) == (1, 1, 1)


@pytest.mark.parametrize("address", ["=?x?q?y?=@evil.com", "=?utf-8?q?=0a?=@evil.com", "=?utf-8?q?=F0?=@evil.com"])
def test_an_address_that_a_header_would_turn_into_another_gets_nothing_and_stops_nothing(
    desk: Desk, address: str
) -> None:
    desk.order(desk.person("evil", address))
    desk.clock.advance(1)
    desk.order(desk.person(), id="order-2")

    desk.mailer.send_next()
    desk.mailer.send_next()

    assert [letter["To"] for letter in desk.post.letters] == [ADDRESS]
    assert (desk.count_of("refused"), desk.mail.orders) == (1, {})


def test_an_address_in_other_letters_is_written_to(desk: Desk) -> None:
    desk.order(desk.person(address="zoë@exämple.com"))

    desk.mailer.send_next()

    assert [letter["To"] for letter in desk.post.letters] == ["zoë@exämple.com"]


def test_what_a_mailer_that_died_had_taken_another_sends_after_the_lease(desk: Desk) -> None:
    desk.order(desk.person())
    desk.mail.take(desk.clock.now(), desk.clock.now() + LEASE)

    assert desk.mailer.send_next() is False
    desk.clock.advance(LEASE.total_seconds())
    assert desk.mailer.send_next() is True


class UntilSent(StopSignal):
    """Brings the mail server back after three waits; ends the loop when a letter is out."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._waits = desk, 0

    def wait(self, timeout: float | None = None) -> bool:
        self._waits += 1
        self._desk.clock.advance(timeout or 0.0)
        if self._waits == 3:
            self._desk.post.fails = None
        if self._desk.post.letters:
            self.set()
        return self.is_set()


def test_the_loop_outlives_an_absent_mail_server(desk: Desk) -> None:
    desk.order(desk.person())
    desk.post.fails = MailServerAway("connection refused")

    with capture_logs() as logs:
        desk.mailer.run(UntilSent(desk))

    assert len(desk.post.letters) == 1
    assert [line["event"] for line in logs] == ["mailer_waits", "mailer_goes_on"]
    assert ADDRESS not in str(logs)
