"""What was planted, for whoever is to find it: the transfers of each pattern as they were decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from contracts.moments import rfc3339
from sample.deciding import Decided
from sample.plan import Economy, Options


@dataclass(frozen=True)
class Proof:
    """One of the transfers that make a pattern; `amount` is in minor units."""

    id: str
    position: int
    at: str
    payer: str
    payee: str
    amount: int


@dataclass(frozen=True)
class Truth:
    """One planted pattern. `account` is the one that it is about, `accounts` all that have a part in it."""

    pattern: str
    currency: str
    account: str
    accounts: tuple[str, ...]
    first_at: str
    last_at: str
    transfers: tuple[Proof, ...]


Truths = list[Truth]


def truth_of(economy: Economy, number: int, decided: Sequence[Decided]) -> Truth:
    """The pattern of that number. Raises ValueError where one of its transfers was refused: then it isn't there."""
    name, subject = economy.patterns[number]
    proofs = []
    for each in decided:
        body = each.record.answer.body
        if body["status"] != "posted":
            raise ValueError(f"a transfer of the pattern {name} was refused: {body['reason']}")
        payee = body["payees"][0]["account"]
        at = rfc3339(each.record.at)
        proofs.append(Proof(body["id"], each.record.position, at, body["payer"]["account"], payee, body["amount"]))
    return Truth(
        pattern=name,
        currency=economy.currency,
        account=economy.crowd.people[subject].account,
        accounts=tuple(sorted({account for proof in proofs for account in (proof.payer, proof.payee)})),
        first_at=proofs[0].at,
        last_at=proofs[-1].at,
        transfers=tuple(proofs),
    )


def write_truths(path: Path, options: Options, truths: Truths) -> None:
    """As JSON: what the sample was made of, and every pattern in it."""
    document = {
        "size": options.size,
        "seed": options.seed,
        "from": rfc3339(options.begins),
        "to": rfc3339(options.until),
        "patterns": [asdict(truth) for truth in truths],
    }
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))


def read_truths(path: Path) -> Truths:
    """The patterns of such a file."""
    found = []
    for each in orjson.loads(path.read_bytes())["patterns"]:
        proofs = tuple(Proof(**proof) for proof in each.pop("transfers"))
        found.append(Truth(accounts=tuple(each.pop("accounts")), transfers=proofs, **each))
    return found
