"""Give dead deliveries another chance: `python -m notification_service.redrive --all`, `--channel email`,
`--target WEBHOOK_ID` or `--id DELIVERY_ID`. Without any it lists them with their causes.

Exits with 0; with 1 if there is none of that id, if it isn't dead, or if the database is away.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pymongo.errors import PyMongoError

from notification_service.domain import OUTWARD, DeliveryState
from notification_service.settings import StoreSettings
from notification_service.storage.collections import Collections
from notification_service.storage.deliveries import MongoDeliveries
from notification_service.use_cases.outgoing import OPERATOR, Outgoing
from notification_service.wiring.parts import SERVICE
from service_kit import logging, mongo
from service_kit.clock import SystemClock
from service_kit.errors import Problem

SHOWN = 50


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m notification_service.redrive", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="all dead ones")
    which.add_argument("--channel", choices=[str(channel) for channel in OUTWARD], help="all of one channel")
    which.add_argument("--target", metavar="WEBHOOK_ID", type=_an_id, help="all to one webhook")
    which.add_argument("--id", metavar="DELIVERY_ID", type=_an_id, help="one")
    wanted = parser.parse_args(arguments)
    settings = StoreSettings.from_env()
    logging.configure(SERVICE, process="redrive", level=settings.log_level, stream=sys.stderr)
    try:
        with mongo.connect(settings.mongo_url.get_secret_value(), "notification-redrive") as client:
            return run(Outgoing(MongoDeliveries(Collections(client)), SystemClock()), wanted)
    except PyMongoError as error:
        sys.stderr.write(f"not redriven: {mongo.in_a_line(error)}\n")
        return 1


def _an_id(text: str) -> str:
    """An empty variable of a shell must not stand for any."""
    if not text.strip():
        raise argparse.ArgumentTypeError("an id is expected")
    return text


def run(outgoing: Outgoing, wanted: argparse.Namespace) -> int:
    """What the arguments say; the exit code."""
    if wanted.id:
        try:
            outgoing.redrive(wanted.id, OPERATOR)
        except Problem as refused:
            sys.stderr.write(f"{refused}\n")
            return 1
        sys.stdout.write("redriven 1\n")
    elif wanted.all or wanted.channel or wanted.target:
        sys.stdout.write(f"redriven {outgoing.redrive_dead(OPERATOR, wanted.channel, wanted.target):,}\n")
    else:
        _list(outgoing)
    return 0


def _list(outgoing: Outgoing) -> None:
    page = outgoing.page(None, SHOWN, DeliveryState.DEAD)
    for record in page.records:
        told = record.delivery.notification
        last = f"{record.finished_at:%Y-%m-%d %H:%M:%S}" if record.finished_at else ""
        sys.stdout.write(f"{last}  {told.channel:7}  {record.cause or '':28}  {record.delivery.id}\n")
    more = ", the latest; there are more" if page.next_before else ""
    sys.stdout.write(f"dead {len(page.records):,}{more}\n")


if __name__ == "__main__":
    raise SystemExit(main())
