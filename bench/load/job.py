"""What one run of the load generator is asked to do, as it is handed over on standard input."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

TRANSFERS = "/v1/transfers"
BATCH = "/v1/transfers/batch"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Person(_Frozen):
    """Somebody who can log in. ``token`` is renewed by the generator when the service says that it has ended."""

    username: str
    password: str
    token: str = ""


class Intent(_Frozen):
    """One request of a script: the exact body and key to send, so that malformed ones are possible too.

    ``repeats``: how often the same key is sent again after it was decided.
    """

    payer: int
    key: str | None
    body: str
    repeats: int = 0
    path: str = TRANSFERS
    method: Literal["GET", "POST"] = "POST"


class Script(_Frozen):
    """A finite list of intents, taken in order by whichever client is free."""

    kind: Literal["script"] = "script"
    intents: list[Intent]


class Steady(_Frozen):
    """The same small transfer again and again until the time is over: client n pays as person n.

    ``hot_share``: share of the transfers whose payee is the first of ``payees``; the others choose uniformly.
    ``warm_up_seconds`` comes before ``seconds`` and is in the book but not in the rate. ``pause_seconds``: what a
    client rests after each answer, for a load that leaves the machine room for something else. ``per_second``: what all
    clients send together, in even steps; 0: each as soon as it is answered.
    """

    kind: Literal["steady"] = "steady"
    seconds: float = Field(gt=0)
    warm_up_seconds: float = Field(default=0, ge=0)
    payees: list[str] = Field(min_length=1)
    hot_share: float = Field(default=0, ge=0, le=1)
    amount: int = Field(default=1, gt=0)
    pause_seconds: float = Field(default=0, ge=0)
    per_second: float = Field(default=0, ge=0)
    currency: str = "EUR"


class Lives(_Frozen):
    """Whole lives of transfers until the time is over; one that has begun is lived to its end. Client n is person n."""

    kind: Literal["lives"] = "lives"
    seconds: float = Field(gt=0)
    pause_seconds: float = Field(default=0, ge=0)
    currency: str = "EUR"


class Doors(_Frozen):
    """Where people go besides to the transaction service, and the service client that may sign them up."""

    notification_url: str
    analytics_url: str
    client_id: str
    client_secret: str


class Open(_Frozen):
    """Visits of people who come whether those before them are answered or not, until the time is over.

    ``per_second``: requests on average, of all visits together. ``mix``: how many of so many visits are of each kind
    (``bench.load.visits``). ``payees``: each as likely (``uniform``), ``hot_share`` of the payments to one of them
    (``hot``), or the nth as likely as 1/n (``heavy``). ``think_seconds``: on average from an answer to a visit's next
    request. ``warm_up_seconds`` comes before ``seconds`` and is in the book but not in the figures.
    """

    kind: Literal["open"] = "open"
    per_second: float = Field(gt=0)
    seconds: float = Field(gt=0)
    warm_up_seconds: float = Field(default=0, ge=0)
    arrivals: Literal["poisson", "constant"] = "poisson"
    mix: dict[str, float] = Field(min_length=1)
    payees: Literal["uniform", "hot", "heavy"] = "uniform"
    hot_share: float = Field(default=0.5, ge=0, le=1)
    think_seconds: float = Field(default=1, ge=0)
    amount: int = Field(default=1, gt=0)
    currency: str = "EUR"
    doors: Doors


class Job(_Frozen):
    """A whole run. ``book_path``: where every answer is written, one JSON object a line; ``clients``: of a closed loop.

    ``timeout_s``: wait for one answer; ``give_up_s``: how long a key is repeated before the book says "unsettled".
    """

    auth_url: str
    transaction_url: str
    people: list[Person] = Field(min_length=1)
    clients: int = Field(default=1, gt=0)
    traffic: Annotated[Script | Steady | Lives | Open, Field(discriminator="kind")]
    book_path: str
    timeout_s: float = 10
    give_up_s: float = 60
    seed: int = 1
