"""The accounts held against the folded journal, as many a pass as were read, round after round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.ledger_chain import WORLD
from monitoring.audit.breaches import Breach, Kind
from monitoring.audit.counters import Sent
from monitoring.audit.fold import UNKNOWN_CURRENCY, Fold, Folded, Standing
from monitoring.audit.rounds import Round

_FIELDS = (
    *("posted", "seq", "last_hash", "user_id", "currency", "purpose", "origin"),
    *("pending_in", "pending_out", "status", "limits", "plans", "day", "spent", "minute", "sent"),
    "username",
)
_STANDING, _SENT = Standing(), Sent()
_DEFAULTS = {**_STANDING._asdict(), **_SENT._asdict()}
"""What an account lacks that was written before there were holds and limits."""
_CURRENCY, _ORIGIN = 1, 3


class Accounts:
    """What is known of the accounts: chunks of documents come in the order of `_id`, each of one moment with the fold.

    The sum over all accounts of a currency is that of the folded balances and of every known difference from them:
    exact, also where the accounts are too many to be read at one moment.
    """

    def __init__(self) -> None:
        self.count = 0
        self.breaches: dict[str, list[Breach]] = {}
        self._differences: dict[str, list[tuple[str, int]]] = {}
        # Nothing in the journal says whose username it is, so it is held against what was read first.
        self._usernames: dict[str, str | None] = {}
        self._round = Round()

    @property
    def after(self) -> Any:
        """The id that the next chunk begins behind."""
        return self._round.after

    def compare(self, fold: Fold, documents: Sequence[Mapping[str, Any]], *, last: bool) -> None:
        """Compare the next chunk: the accounts from above the id `after`. `last`: there are none behind it."""
        self._round.go_on(fold.accounts)
        for document in documents:
            account = self._round.see(document["_id"])
            try:
                self._compare(account, fold, document)
            except (KeyError, TypeError) as error:
                # Whoever edits by hand may also break the shape.
                self._differ(account, fold.accounts.get(account), "an account", f"{type(error).__name__}: {error}")
        if last:
            self._end_round(fold)

    def money_created(self, fold: Fold) -> dict[str, int]:
        """Per currency the sum over all accounts, in minor units: it must be 0."""
        totals = Counter(fold.totals)
        for differences in self._differences.values():
            for currency, amount in differences:
                totals[currency] += amount
        return {str(currency): total for currency, total in totals.items()}

    def _end_round(self, fold: Fold) -> None:
        seen, missing = self._round.end()
        for account in self.breaches.keys() - seen:
            self._forget(account)
        for account in missing:
            self._differ(account, fold.accounts.get(account), "an account", "no such account")
        self.count = len(seen)

    def _forget(self, account: str) -> None:
        self.breaches.pop(account, None)
        self._differences.pop(account, None)

    def _compare(self, account: str, fold: Fold, document: Mapping[str, Any]) -> None:
        self._forget(account)
        folded = fold.accounts.get(account)
        full = {**_DEFAULTS, **document}
        found = tuple(full[name] for name in _FIELDS)
        username = self._usernames.setdefault(account, document["username"])
        posted = document["posted"]
        if folded is None or folded.opened is None:
            self._differ(account, folded, "no account opened by the journal", f"posted {posted}", document)
        else:
            stands = fold.standings.get(account, _STANDING)
            sent = fold.counters.sent.get(account, _SENT)
            expected = (folded.balance, folded.seq, folded.last_hash, *folded.opened, *stands, *sent, username)
            if expected != found:
                self._differ(account, folded, *_told_apart(expected, found), document)
        origin = folded.opened[_ORIGIN] if folded and folded.opened else document["origin"]
        if posted < 0 and origin != WORLD:
            position = folded.position if folded else 0
            breach = Breach(Kind.NEGATIVE, account, position, "0 or more", str(posted), -posted)
            self.breaches.setdefault(account, []).append(breach)

    def _differ(
        self,
        account: str,
        folded: Folded | None,
        expected: str,
        found: str,
        document: Mapping[str, Any] | None = None,
    ) -> None:
        """Note a drift. Without a readable `document` the account holds nothing."""
        folded = folded or Folded()
        posted, balance = document["posted"] if document else 0, folded.balance
        size = max(1, abs(posted - balance))
        self.breaches[account] = [Breach(Kind.DRIFT, account, folded.position, expected, found, size)]
        of_fold = folded.opened[_CURRENCY] if folded.opened else UNKNOWN_CURRENCY
        self._differences[account] = [(of_fold, -balance)] if balance else []
        if document:
            self._differences[account].append((document["currency"], posted))


def _told_apart(expected: tuple[Any, ...], found: tuple[Any, ...]) -> tuple[str, str]:
    """The fields that differ, as they should be and as they are."""
    differing = [(name, a, b) for name, a, b in zip(_FIELDS, expected, found, strict=True) if a != b]
    return ", ".join(f"{name} {a}" for name, a, _ in differing), ", ".join(f"{name} {b}" for name, _, b in differing)
