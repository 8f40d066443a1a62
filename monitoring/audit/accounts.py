"""The accounts held against the folded journal, as many a pass as were read, round after round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.ledger_chain import WORLD
from monitoring.audit.breaches import Breach, Kind
from monitoring.audit.fold import UNKNOWN_CURRENCY, Fold, Folded

_FIELDS = ("posted", "seq", "last_hash", "user_id", "currency", "purpose", "origin", "username")
_CURRENCY, _ORIGIN = 1, 3


class Accounts:
    """What is known of the accounts: chunks of documents come in the order of `_id`, each of one moment with the fold.

    The sum over all accounts of a currency is that of the folded balances and of every known difference from them:
    exact, also where the accounts are too many to be read at one moment.
    """

    def __init__(self) -> None:
        self.after: Any = None
        self.count = 0
        self.breaches: dict[str, list[Breach]] = {}
        self._differences: dict[str, list[tuple[str, int]]] = {}
        # Nothing in the journal says whose username it is, so it is held against what was read first.
        self._usernames: dict[str, str | None] = {}
        self._seen: set[str] = set()
        self._expected: set[str] | None = None

    def compare(self, fold: Fold, documents: Sequence[Mapping[str, Any]], *, last: bool) -> None:
        """Compare the next chunk: the accounts from above the id `after`. `last`: there are none behind it."""
        if self._expected is None:
            # Accounts that open while a round is under way are the next one's.
            self._expected = set(fold.accounts)
        for document in documents:
            self.after = document["_id"]
            # An account that a hand put there may have an id of any type.
            account = self.after if isinstance(self.after, str) else repr(self.after)
            self._seen.add(account)
            try:
                self._compare(account, fold.accounts.get(account), document)
            except (KeyError, TypeError) as error:
                # Whoever edits by hand may also break the shape.
                self._differ(account, fold.accounts.get(account), "an account", f"{type(error).__name__}: {error}")
        if last:
            self._end_round(fold, self._expected)

    def money_created(self, fold: Fold) -> dict[str, int]:
        """Per currency the sum over all accounts, in minor units: it must be 0."""
        totals = Counter(fold.totals)
        for differences in self._differences.values():
            for currency, amount in differences:
                totals[currency] += amount
        return {str(currency): total for currency, total in totals.items()}

    def _end_round(self, fold: Fold, expected: set[str]) -> None:
        for account in self.breaches.keys() - self._seen:
            self._forget(account)
        for account in expected - self._seen:
            self._differ(account, fold.accounts.get(account), "an account", "no such account")
        self.after, self.count = None, len(self._seen)
        self._seen, self._expected = set(), None

    def _forget(self, account: str) -> None:
        self.breaches.pop(account, None)
        self._differences.pop(account, None)

    def _compare(self, account: str, folded: Folded | None, document: Mapping[str, Any]) -> None:
        self._forget(account)
        found = tuple(document[name] for name in _FIELDS)
        username = self._usernames.setdefault(account, document["username"])
        posted = document["posted"]
        if folded is None or folded.opened is None:
            self._differ(account, folded, "no account opened by the journal", f"posted {posted}", document)
        else:
            expected = (folded.balance, folded.seq, folded.last_hash, *folded.opened, username)
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
