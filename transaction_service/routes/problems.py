"""What a request can fail with, as HTTP sees it, but for what the ledger decides against (`rejections`)."""

from __future__ import annotations

from service_kit.errors import BadRequest, Conflict, Forbidden, NotFound, Problem, Unavailable

RETRY_SECONDS = 1


class IdempotencyKeyMissing(BadRequest):
    """Without a key a repeated request would be done twice."""

    code = "idempotency_key_missing"
    title = "The header Idempotency-Key is required"
    advice = "Choose a key for what you want done, and send it again with every retry of it."


class IdempotencyKeyInvalid(BadRequest):
    """Keys are 1 to 128 visible ASCII characters without a comma."""

    code = "idempotency_key_invalid"
    title = "The header Idempotency-Key is not usable"
    advice = "Send one header with one key; a UUID is a good one."


class IdempotencyKeyReused(Problem):
    """The key belongs to another request of the same caller."""

    status = 422
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request"
    advice = "Choose a new key for a new request; send the same body to learn what became of the first."


class NoAccount(Conflict):
    """There is no main account in this currency: the first one follows the sign-up within a moment."""

    code = "no_account"
    title = "There is no account yet"
    advice = "After a sign-up ask again in a moment; for another currency open its account first."


class NotYourAccount(Forbidden):
    """Whether the account exists at all is not told."""

    code = "not_your_account"
    title = "This is not an account of yours"


class RoleMissing(Forbidden):
    """Some acts are for the platform's staff alone."""

    code = "role_missing"
    title = "This needs another role"


class OwnAccount(Forbidden):
    """Staff act on what is other people's; on what is theirs, a colleague has to."""

    code = "own_account"
    title = "This is an account of your own"
    advice = "Ask a colleague to do it."


class TransferNotFound(NotFound):
    """No transfer of the caller's has this id; to strangers a transfer doesn't exist."""

    code = "transfer_not_found"
    title = "There is no such transfer"


class AccountNotFound(NotFound):
    """No account has this id, or none that the asker may know of."""

    code = "account_not_found"
    title = "There is no such account"


class AccountNotEmpty(Conflict):
    """Only an account without money and without holds can be closed."""

    code = "account_not_empty"
    title = "The account is not empty"
    advice = "Send what is in it to another account of yours, and wait for its holds to end."


class AccountIsMain(Conflict):
    """The main account of a currency is the one that a username stands for; it stays."""

    code = "account_is_main"
    title = "The main account can't be closed"


class AccountIsClosed(Conflict):
    """A closed account stays closed, and its name stays taken."""

    code = "account_closed"
    title = "The account is closed"
    advice = "Use another account, or open one with another purpose."


class TooManyAccounts(Conflict):
    """The number of accounts of one user is bounded."""

    code = "too_many_accounts"
    title = "You have as many accounts as there may be"
    advice = "Use one of those that are open: a closed one counts too."


class LedgerAway(Unavailable):
    """No answer came in time: whether it was done is not known, and the same key will tell."""

    code = "ledger_unavailable"
    title = "The ledger is not available right now"
    advice = "Wait as long as Retry-After says, then send the same request with the same key: it is done once at most."


class SameAccount(Problem):
    """Payer and payee are one."""

    status = 422
    code = "same_account"
    title = "You cannot send money to yourself"


class UnknownPayee(Problem):
    """Nobody of that username has an account: what a transfer to them would say."""

    status = 422
    code = "unknown_payee"
    title = "There is no such payee"
    advice = "Check the username; it must be whole and exact."


class ContactNotFound(NotFound):
    """The caller keeps nobody of that username."""

    code = "contact_not_found"
    title = "There is no such contact"


class NotPublishedYet(Conflict):
    """Some of these positions are not on the topic yet, or not in the journal."""

    code = "not_published_yet"
    title = "These positions were not published yet"
    advice = "Wait: the relay publishes what is new by itself."


class TooManyRepublications(Conflict):
    """The number of ranges that wait to be published again is bounded."""

    code = "too_many_republications"
    title = "Too many ranges wait to be published again"
    advice = "Ask again in a minute; /metrics of the relay says how it goes on (`relay_republished_records_total`)."


class TooManyContacts(Conflict):
    """The number of contacts of one user is bounded."""

    code = "too_many_contacts"
    title = "You have as many contacts as there may be"
    advice = "Remove one that you don't need."


class TooManyLookups(Problem):
    """Asking after people whom one has neither saved nor paid is limited by the hour of UTC."""

    status = 429
    code = "too_many_lookups"
    title = "You have asked after many new people"


class BatchRejected(Problem):
    """All or nothing was asked for, and not all could be booked. `results` says which; no key was consumed."""

    status = 422
    code = "batch_rejected"
    title = "Nothing of the batch was booked"
    advice = "Correct or leave out the items whose problem isn't `not_booked`, and send the batch again."


class NotBooked(Problem):
    """In an all-or-nothing batch: nothing is wrong with this item, but with another."""

    status = 424
    code = "not_booked"
    title = "Not booked since another item of the batch was refused"
    advice = "See the other items' problems; this item's key is still free."
