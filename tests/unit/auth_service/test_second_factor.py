"""The second factor: set up, used, refused, recovered, switched off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pyotp
import pytest

from auth_service.authenticator import Authenticator, new_recovery_codes
from auth_service.domain import AccountLocked, Lock, Session, User, UserChanged
from auth_service.domain.second_factor import (
    InvalidSecondFactor,
    NoSetUp,
    SecondFactorInPlace,
    SecondFactorRequired,
    code_of,
)
from auth_service.use_cases import TooManyAttempts, Visitor
from auth_service.use_cases.proof import WrongPassword
from contracts.codec import codec_for
from service_kit.errors import TokenRevoked
from tests.unit.auth_service.world import PASSWORD, SECRET, World

HERE = Visitor("198.51.100.7")
STEP = 30
RFC_KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


class Person:
    """Somebody with an authenticator app."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.user: User = world.auth.sign_up("demo-001", "demo-001@example.com", PASSWORD)
        self.key = ""
        self.recovery: tuple[str, ...] = ()
        self.note = ""

    def begin(self) -> None:
        factor = self.world.auth.second_factor.begin(self.user, PASSWORD)
        self.key = self.world.auth.authenticator.shown(factor.sealed_secret)

    def set_up(self) -> Person:
        """The app's next code is a step later: that of the set-up is used."""
        self.begin()
        session = self.world.auth.log_in.by_form("demo-001", PASSWORD, HERE).session
        done = self.world.auth.second_factor.confirm(self.user, self.code(), HERE, session.id)
        self.recovery, self.note = done.recovery_codes, done.device_token
        self.world.clock.advance(STEP)
        return self

    def code(self, steps: int = 0) -> str:
        """What the app shows now, or that many steps later."""
        return pyotp.TOTP(self.key).at(int(self.world.clock.now().timestamp()) + steps * STEP)

    def open_sessions(self) -> list[Session]:
        return self.world.sessions.open_of(self.user.id, self.world.clock.now())

    def log_in(self, code: str = "") -> str:
        return self.world.auth.log_in.by_api("demo-001", PASSWORD, HERE, code).access_token


@pytest.fixture
def person(world: World) -> Person:
    return Person(world)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_rfc(world: World, seconds: int, code: str) -> None:
    """RFC 6238, appendix B, for SHA-1; an app shows the last six of its eight digits."""
    authenticator = Authenticator(SECRET)
    sealed = authenticator._box.encrypt(RFC_KEY.encode())

    assert authenticator.step_of(sealed, code, datetime.fromtimestamp(seconds, UTC)) == seconds // STEP


@pytest.mark.parametrize("steps", [-3, -2, -1, 0, 1, 2, 3])
def test_one_step_of_drift_is_allowed_and_no_more(steps: int) -> None:
    person = Person(World()).set_up()
    person.world.clock.advance(10 * STEP)

    if abs(steps) <= 1:
        assert person.log_in(person.code(steps))
    else:
        with pytest.raises(InvalidSecondFactor):
            person.log_in(person.code(steps))


def test_a_set_up_counts_for_nothing_before_the_first_code(person: Person) -> None:
    person.begin()

    assert person.log_in()
    with pytest.raises(InvalidSecondFactor):
        person.world.auth.second_factor.confirm(person.user, "000000", HERE, "s-1")
    assert person.log_in()


def test_a_set_up_takes_the_password(person: Person) -> None:
    with pytest.raises(WrongPassword):
        person.world.auth.second_factor.begin(person.user, "wrong")


def test_a_set_up_ends_after_a_quarter_of_an_hour(person: Person) -> None:
    person.begin()
    person.world.clock.advance(15 * 60)

    with pytest.raises(NoSetUp):
        person.world.auth.second_factor.confirm(person.user, person.code(), HERE, "s-1")


def test_a_set_up_that_is_begun_again_has_another_key(person: Person) -> None:
    person.begin()
    first = person.code()
    person.begin()

    with pytest.raises(InvalidSecondFactor):
        person.world.auth.second_factor.confirm(person.user, first, HERE, "s-1")


def test_one_in_place_is_not_replaced_by_another(person: Person) -> None:
    person.set_up()

    with pytest.raises(SecondFactorInPlace):
        person.begin()
    with pytest.raises(SecondFactorInPlace):
        person.world.auth.second_factor.confirm(person.user, person.code(), HERE, "s-1")


def test_the_password_alone_opens_nothing_then(person: Person) -> None:
    before = person.set_up().open_sessions()

    with pytest.raises(SecondFactorRequired) as required:
        person.log_in()

    challenge = required.value.extensions["challenge"]
    assert person.open_sessions() == before
    assert person.world.auth.log_in.second_by_api(challenge, person.code(), HERE).access_token


def test_password_and_code_together_open_a_session(person: Person) -> None:
    person.set_up()

    assert person.log_in(person.code())
    [session] = [found for found in person.open_sessions() if found.door == "api"]
    assert session.stepped_up_at == person.world.clock.now()


def test_a_code_with_spaces_is_the_same_code(person: Person) -> None:
    code = person.set_up().code()

    assert person.log_in(f" {code[:3]} {code[3:]} ")


def test_a_code_is_good_once(person: Person) -> None:
    code = person.set_up().code()
    assert person.log_in(code)

    with pytest.raises(InvalidSecondFactor):
        person.log_in(code)


def test_the_code_of_the_set_up_is_used_up_by_it(person: Person) -> None:
    person.set_up()

    with pytest.raises(InvalidSecondFactor):
        person.log_in(person.code(-1))


def test_an_older_code_is_void_once_a_later_one_was_used(person: Person) -> None:
    person.set_up()
    assert person.log_in(person.code(1))

    with pytest.raises(InvalidSecondFactor):
        person.log_in(person.code())


def test_wrong_codes_are_few_and_the_right_one_waits_with_them(person: Person) -> None:
    person.set_up()
    for _ in range(5):
        with pytest.raises(InvalidSecondFactor):
            person.log_in("000000")

    with pytest.raises(TooManyAttempts):
        person.log_in(person.code())
    assert person.world.count_of("auth_attempts_refused_total", limit="second_factor") == 1
    assert person.world.count_of("auth_second_factors_total", by="invalid") == 5
    person.world.clock.advance(2)
    assert person.log_in(person.code())


def test_each_recovery_code_works_once_however_it_is_typed(person: Person) -> None:
    first, second, *_ = person.set_up().recovery
    assert len(set(person.recovery)) == 10

    assert person.log_in(first)
    with pytest.raises(InvalidSecondFactor):
        person.log_in(first)
    assert person.log_in(second.upper().replace("-", " "))
    factor = person.world.auth.second_step.factor_of(person.user.id)
    assert factor is not None
    assert len(factor.recovery_hashes) == 8


def test_new_recovery_codes_make_the_old_ones_void(person: Person) -> None:
    old = person.set_up().recovery
    new = person.world.auth.second_factor.renew_recovery(person.user, PASSWORD, person.code(), HERE)

    with pytest.raises(InvalidSecondFactor):
        person.log_in(old[0])
    assert person.log_in(new[0])


@pytest.mark.parametrize("what", ["renew_recovery", "switch_off"])
def test_a_change_takes_password_and_code(person: Person, what: str) -> None:
    change: Callable[..., object] = getattr(person.set_up().world.auth.second_factor, what)

    with pytest.raises(WrongPassword):
        change(person.user, "wrong", person.code(), HERE)
    with pytest.raises(InvalidSecondFactor):
        change(person.user, PASSWORD, "000000", HERE)
    assert person.world.auth.second_step.factor_of(person.user.id) is not None


def test_switched_off_the_password_is_enough_again(person: Person) -> None:
    person.set_up().world.auth.second_factor.switch_off(person.user, PASSWORD, person.recovery[0], HERE)

    assert person.log_in()


def test_every_change_is_told_and_recorded(person: Person) -> None:
    person.set_up()
    person.log_in(person.recovery[0])
    person.world.auth.second_factor.renew_recovery(person.user, PASSWORD, person.code(), HERE)
    person.world.clock.advance(STEP)
    person.world.auth.second_factor.switch_off(person.user, PASSWORD, person.code(), HERE)

    events = [event.data for event in person.world.outbox.waiting(20)]
    for data in events:
        codec_for("users").encode(data)
    told = ["enabled", "recovery_used", "recovery_renewed", "disabled"]
    assert [data["type"] for data in events if "second_factor" in data["type"]] == [
        f"user.second_factor_{what}" for what in told
    ]
    acts = [found.entry.kind for found in person.world.trail.of(person.user.id, 20)]
    assert [kind for kind in reversed(acts) if kind.startswith("second_factor")] == [
        f"second_factor.{what}" for what in told
    ]


def test_a_wrong_code_is_recorded(person: Person) -> None:
    with pytest.raises(InvalidSecondFactor):
        person.set_up().log_in("000000")

    assert person.world.trail.of(person.user.id, 1)[0].entry.kind == "second_factor.failed"


def test_a_challenge_ends_after_five_minutes_and_with_the_password(person: Person) -> None:
    person.set_up()
    challenges = person.world.auth.second_step.challenges
    late = challenges.of(person.user)
    person.world.clock.advance(301)
    with pytest.raises(InvalidSecondFactor):
        person.world.auth.log_in.second_by_api(late, person.code(), HERE)

    of_the_old_password = challenges.of(person.user)
    person.world.users.replace_password_hash(person.user.id, person.user.password_hash, "another")
    with pytest.raises(InvalidSecondFactor):
        person.world.auth.log_in.second_by_api(of_the_old_password, person.code(), HERE)


def test_who_is_locked_between_the_steps_does_not_come_in(person: Person) -> None:
    person.set_up()
    with pytest.raises(SecondFactorRequired) as required:
        person.log_in()
    locked = replace(person.user, lock=Lock("Reported as stolen", person.world.clock.now(), "an administrator"))
    person.world.users._users[person.user.id] = locked

    with pytest.raises(AccountLocked):
        person.world.auth.log_in.second_by_api(required.value.extensions["challenge"], person.code(), HERE)


@pytest.mark.parametrize("challenge", ["", "x", "WyJhIl0.x", "\u00e9"])
def test_a_challenge_that_is_none_opens_nothing(person: Person, challenge: str) -> None:
    with pytest.raises(InvalidSecondFactor):
        person.world.auth.log_in.second_by_api(challenge, person.set_up().code(), HERE)


def test_a_known_device_has_codes_of_its_own(person: Person) -> None:
    person.set_up()
    guess(person)

    known = Visitor("198.51.100.7", person.note)
    assert person.world.auth.log_in.by_api("demo-001", PASSWORD, known, person.code()).access_token


def test_notes_that_the_password_alone_has_brought_are_worth_no_codes(person: Person) -> None:
    hoarded = [person.world.auth.log_in.by_api("demo-001", PASSWORD, HERE).device_token for _ in range(3)]
    person.set_up()
    guess(person)

    for note in hoarded:
        with pytest.raises(TooManyAttempts):
            person.world.auth.log_in.by_api("demo-001", PASSWORD, Visitor("198.51.100.7", note), "000000")


def guess(person: Person) -> None:
    """As somebody does who has the password."""
    for _ in range(5):
        with pytest.raises(InvalidSecondFactor):
            person.log_in("000000")


def test_a_log_in_that_switching_it_on_overtakes_opens_nothing(person: Person) -> None:
    class Overtaken:
        """Finds no second factor, and meanwhile there is one."""

        def after_password(self, user: User, code: str, visitor: Visitor) -> bool:
            person.set_up()
            return False

    late = replace(person.world.auth.log_in, second_step=Overtaken())  # type: ignore[arg-type]
    with pytest.raises(UserChanged):
        late.by_form("demo-001", PASSWORD, HERE)

    [session] = person.open_sessions()
    assert session.stepped_up_at is not None


def test_it_is_not_switched_on_in_a_session_that_has_ended(person: Person) -> None:
    session = person.world.auth.log_in.by_form("demo-001", PASSWORD, HERE).session
    person.begin()
    person.world.auth.log_out(session.id)

    with pytest.raises(TokenRevoked):
        person.world.auth.second_factor.confirm(person.user, person.code(), HERE, session.id)

    assert person.world.auth.second_step.factor_of(person.user.id) is None


def test_nothing_secret_is_kept_readable(person: Person) -> None:
    person.set_up()
    factor = person.world.auth.second_step.factor_of(person.user.id)

    assert person.key.encode() not in (factor.sealed_secret if factor else b"")
    told = repr(factor) + repr(person.world.outbox.waiting(20)) + repr(person.world.trail.of(person.user.id, 20))
    assert person.key not in told
    assert not any(code_of(code) in told or code in told for code in person.recovery)


def test_recovery_codes_are_long_enough_for_a_plain_hash() -> None:
    assert all(len(code_of(code)) == 24 for code in new_recovery_codes())


def test_the_qr_code_is_drawn_here_and_says_who_and_where(person: Person) -> None:
    factor = person.world.auth.second_factor.begin(person.user, PASSWORD)
    authenticator = person.world.auth.authenticator

    drawn = authenticator.qr_code(factor.sealed_secret, "demo-001")
    assert drawn.startswith("<svg")
    assert "style=" not in drawn  # the policy of our pages has no inline styles
    uri = authenticator.uri(factor.sealed_secret, "demo-001")
    assert pyotp.parse_uri(uri).name == "demo-001"
    assert uri.startswith("otpauth://totp/Fintech%20App:demo-001?secret=")
