from __future__ import annotations

import pytest

from auth_service.domain import password_of
from auth_service.domain.password import common_passwords, normal_password
from service_kit.errors import InvalidRequest


def refusal(text: str, username: str = "demo-00001", email: str = "anna.lindt@example.com") -> str:
    with pytest.raises(InvalidRequest) as refused:
        password_of(text, username, email)
    [mistake] = refused.value.extensions["errors"]
    assert mistake["pointer"] == "#/password"
    return str(mistake["code"])


@pytest.mark.parametrize("text", ["", "seven77", "x" * 129, "é" * 129])
def test_a_password_has_8_to_128_characters(text: str) -> None:
    assert refusal(text) == "password_invalid"


@pytest.mark.parametrize(
    "text",
    ["eight88_", "x" * 128, "é" * 128, "pass phrase with blanks", "пароль-пароль", " blanks around ", "💶" * 8],
)
def test_any_characters_may_make_a_password_and_none_must(text: str) -> None:
    assert password_of(text, "demo-001", "demo-001@example.com") == text


def test_nothing_of_a_password_is_cut_off_or_folded() -> None:
    longest = "Aa1 " * 32

    assert password_of(longest, "demo-001") == longest


def test_a_character_is_one_whichever_keyboard_made_it() -> None:
    assert password_of("cafe\u0301 au lait", "demo-001") == password_of("caf\u00e9 au lait", "demo-001")
    assert len(normal_password("e\u0301" * 128)) == 128


def test_characters_that_only_look_alike_stay_apart() -> None:
    assert normal_password("x²") != normal_password("x2")
    assert normal_password("ﬁ") != normal_password("fi")


@pytest.mark.parametrize("text", ["password", "12345678", "QWERTYUIOP", "iloveyou", "Football", "1qaz2wsx"])
def test_the_commonest_passwords_are_refused_whatever_their_capitals(text: str) -> None:
    assert refusal(text) == "password_common"


def test_far_more_than_3000_common_passwords_of_allowed_length_are_known() -> None:
    assert len(common_passwords()) > 10_000


@pytest.mark.parametrize(
    "text",
    [
        "demo-00001",
        "DEMO-00001",
        "demo-00001!!",
        "anna.lindt26",
        "anna.lindt@example.com",
        "Fintech App!",
        "fintech2026",
    ],
)
def test_the_persons_names_and_the_products_are_no_password_even_with_a_little_more(text: str) -> None:
    assert refusal(text) == "password_personal"


def test_a_name_within_an_otherwise_good_password_is_no_harm() -> None:
    assert password_of("anna.lindt rides a blue horse", "demo-001", "anna.lindt@example.com")
    assert password_of("annabella's cat", "ann", "ann@example.com")
