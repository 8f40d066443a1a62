import json
from datetime import UTC, datetime

from bench.load.demo_script import MORE_THAN_ANYBODY_HAS, demo_script

NOW = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
PEOPLE = [f"demo-{n:03}" for n in range(1, 51)]
SCRIPT = demo_script(PEOPLE, ordinary=2000, seed=1, now=NOW)


def test_every_intent_has_a_key_of_its_own() -> None:
    keys = [intent.key for intent in SCRIPT.intents if intent.key is not None]

    assert len(keys) == len(set(keys))


def test_two_runs_share_no_key() -> None:
    again = demo_script(PEOPLE, ordinary=2000, seed=1, now=NOW)

    assert not {i.key for i in SCRIPT.intents if i.key} & {i.key for i in again.intents if i.key}


def test_there_is_something_of_everything() -> None:
    intents = SCRIPT.intents

    assert len(intents) >= 2000
    assert sum(intent.repeats for intent in intents) >= 100
    assert any(str(MORE_THAN_ANYBODY_HAS) in intent.body for intent in intents)
    assert any(intent.key is None for intent in intents)
    assert any("nobody-" in intent.body for intent in intents)
    for kind in ("payees", "hold_seconds", "execute_at"):
        assert sum(f'"{kind}"' in intent.body for intent in intents) == 60


def test_ordinary_transfers_are_small_and_never_to_oneself() -> None:
    for intent in SCRIPT.intents:
        if any(name in (intent.key or "-no-") for name in ("-no-", "-bad-", "-other-")):
            continue
        body = json.loads(intent.body)
        assert 1 <= body["amount"] <= 500
        assert body["payee"] != PEOPLE[intent.payer]
