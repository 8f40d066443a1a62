"""What a password may be (NIST SP 800-63B, section 3.1.1.2; OWASP ASVS 5.0, V6.2).

Length counts, kinds of characters don't. What is refused is what attackers try first: the commonest passwords, and
words that belong to the person or the product. Nothing is cut off, folded or replaced before it is hashed but for NFC.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache

from service_kit.errors import InvalidRequest

PASSWORD_MIN, PASSWORD_MAX = 8, 128
"""Code points after NFC."""
PASSWORD_RAW_MAX = 4 * PASSWORD_MAX
"""What a request may carry: NFC makes at most one code point of each, and seldom one of more than four."""
PRODUCT_WORDS = ("fintech app", "fintech-app", "fintech_app", "fintechapp", "fintech")
CONTEXT_WORD_MIN = 4
"""A shorter word of context is part of too many good passwords to be refused."""


def normal_password(text: str) -> str:
    """The text in NFC: one `é`, whichever keyboard made it.

    Not NFKC, which makes one password of two different ones (`²` and `2`); RFC 8265, section 4.2, decides the same.
    """
    return unicodedata.normalize("NFC", text)


def password_of(text: str, username: str, email: str = "") -> str:
    """The password as it is hashed, if it may be one for this person.

    Raises InvalidRequest with the code `password_invalid` (length), `password_common` or `password_personal`.
    """
    password = normal_password(text)
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise _refused("password_invalid", f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.")
    if password.casefold() in common_passwords():
        raise _refused("password_common", "This is one of the commonest passwords, which attackers try first.")
    if _is_mostly_context(password, context_words(username, email)):
        raise _refused("password_personal", "The password must be more than your name, your address or our name.")
    return password


def context_words(username: str, email: str = "") -> frozenset[str]:
    """What somebody who knows the person's handle and this platform would try (ASVS 6.2.11)."""
    words = {username, email, email.partition("@")[0], *PRODUCT_WORDS}
    return frozenset(word.casefold() for word in words if len(word) >= CONTEXT_WORD_MIN)


@cache
def common_passwords() -> frozenset[str]:
    """The 11,600 commonest passwords of those that are long enough, by zxcvbn's list, made from breaches.

    Read at first use: that takes 60 ms and 14 MB, and only the web process asks.
    """
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= PASSWORD_MIN)


def _is_mostly_context(password: str, words: Iterable[str]) -> bool:
    """Whether what is left without these words would be too short for a password of its own."""
    left = password.casefold()
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    return len(left) < PASSWORD_MIN and len(left) < len(password.casefold())


def _refused(code: str, detail: str) -> InvalidRequest:
    return InvalidRequest(detail, errors=[{"pointer": "#/password", "detail": detail, "code": code}])
