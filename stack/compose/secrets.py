"""The secrets of the containers: variables in `.env`, made by `make secrets`, refused when they are none."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

import zmq.utils.z85
from zmq import curve_keypair

from stack.errors import StackError
from stack.secret_files import CURVE_PAIRS, GENERATORS, write_private

# Of servers that the native stack doesn't have.
OWN_GENERATORS: dict[str, Callable[[], str]] = {
    "grafana-admin": lambda: secrets.token_urlsafe(18),
    "kafka-manager": lambda: secrets.token_urlsafe(18),
    "kafka-manager-cookie": lambda: secrets.token_urlsafe(48),
    "akhq-jwt": lambda: secrets.token_urlsafe(48),
}
# What a person would write to get past an empty value, wherever in it.
DEFAULTS = ("changeme", "change-me", "change_me", "password", "secret", "example", "default", "admin", "test1234")
SHORTEST = 16
DEFAULT_PROFILES = "ui,observability"
HEADER = f"""\
# Made by `make secrets`; readable by you alone. What else can be set here: .env.example.
# The profiles that `docker compose up` starts beside the core. Others: cluster, demo.
COMPOSE_PROFILES={DEFAULT_PROFILES}
"""
MADE = "SECRETS_MADE"
"""A variable that says no more than that the others are there."""


def variable_of(name: str) -> str:
    """`SECRET_MONGO_ADMIN` of "mongo-admin"."""
    return "SECRET_" + name.upper().replace("-", "_")


def names() -> list[str]:
    """Every secret that the containers may be given, in the order of `.env`."""
    pairs = [f"{pair}-{half}" for pair in CURVE_PAIRS for half in ("public", "secret")]
    return [*GENERATORS, *OWN_GENERATORS, *pairs]


class Placeholders:
    """In place of each secret, what compose fills in from `.env`.

    One that is missing is named by the job `key-files`. Were it named by compose, the newer program would print a line
    for each place of each: hundreds, when nobody has made secrets yet. For that there is SECRETS_MADE.
    """

    def __getitem__(self, name: str) -> str:
        if name not in names():
            raise KeyError(name)
        return f"${{{variable_of(name)}:-}}"


class GivenSecrets:
    """The secrets as variables give them. Raises StackError for one that is missing or that somebody could guess."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    def __getitem__(self, name: str) -> str:
        value = self._given.get(variable_of(name), "")
        if not value:
            raise StackError(f"{variable_of(name)} is not set: run `make secrets`")
        if len(value) < SHORTEST or any(word in value.lower() for word in DEFAULTS):
            raise StackError(f"{variable_of(name)} is short or a default: delete it from .env and run `make secrets`")
        return value


def write_secrets(path: Path) -> list[str]:
    """Add to `path`, such as `.env`, the secrets that it lacks; what it says stays. Returns the variables added."""
    text = path.read_text(encoding="utf-8") if path.exists() else HEADER
    present = {line.partition("=")[0].strip() for line in text.splitlines() if line.partition("=")[2].strip()}
    added = {name: value for name, value in _generated(present).items() if name not in present}
    kept = [line for line in text.splitlines() if line.partition("=")[0].strip() not in added]
    write_private(path, "\n".join([*kept, *(f"{name}={value}" for name, value in added.items())]) + "\n")
    return list(added)


def _generated(present: set[str]) -> dict[str, str]:
    """A value for every variable. A pair of keys is made whole or not at all, since its halves belong together."""
    made = {MADE: "yes"} | {
        variable_of(name): _guessable_by_nobody(make) for name, make in (GENERATORS | OWN_GENERATORS).items()
    }
    for pair in CURVE_PAIRS:
        halves = [variable_of(f"{pair}-{half}") for half in ("public", "secret")]
        if present.isdisjoint(halves):
            keys = (zmq.utils.z85.decode(key).hex() for key in curve_keypair())
            made |= dict(zip(halves, keys, strict=True))
        elif not present.issuperset(halves):
            raise StackError(f"{' and '.join(halves)} belong together: delete the one that is there")
    return made


def _guessable_by_nobody(make: Callable[[], str]) -> str:
    """Random text may by chance hold one of the words that are refused."""
    while any(word in (value := make()).lower() for word in DEFAULTS):
        continue
    return value
