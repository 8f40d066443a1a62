"""Make the next signing key: `python -m auth_service.rotate_keys`. The schedule does the same by itself."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from auth_service import storage
from auth_service.domain import LEAD
from auth_service.settings import RotateKeysSettings
from auth_service.signing import new_signing_key, seal
from auth_service.use_cases import RotateKeys
from auth_service.use_cases.rotate_keys import RotatedMeanwhile
from auth_service.wiring import SERVICE
from service_kit import logging, mongo
from service_kit.clock import SystemClock

LEAD_SECONDS = int(LEAD.total_seconds())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the new key's id and when it signs; return 1 if another rotation was faster."""
    wanted = _parser().parse_args(arguments)
    settings = RotateKeysSettings.from_env()
    logging.configure(SERVICE, process="rotate_keys", level=settings.log_level, stream=sys.stderr)
    client = mongo.connect(settings.mongo_url.get_secret_value(), "auth-rotate-keys")
    keys = storage.MongoSealedKeys(storage.database(client))
    rotate = RotateKeys(keys, new_signing_key, partial(seal, secret=settings.signing_key_secret), SystemClock())
    at_once = wanted.at_once or wanted.withdraw_others
    try:
        made = rotate(timedelta(0) if at_once else LEAD, withdraw_others=wanted.withdraw_others)
    except RotatedMeanwhile as faster:
        sys.stderr.write(f"{faster}: look at it before you try again\n")
        return 1
    sys.stdout.write(f"{made.kid}\nsigns from {made.signs_from.isoformat(timespec='seconds')}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m auth_service.rotate_keys",
        description=f"Make the next signing key. It is published at once and signs {LEAD_SECONDS} s later, when every "
        "verifier knows it; the present one goes when its last token has ended. No request fails.",
    )
    parser.add_argument(
        "--at-once",
        action="store_true",
        help="in an emergency: it signs as soon as auth has read it; verifiers that cache the keys may refuse its "
        "first tokens for some seconds",
    )
    parser.add_argument(
        "--withdraw-others",
        action="store_true",
        help="for a stolen key: at once, and all others are removed now; what they signed is refused when the "
        "verifiers' copies of the keys end, and everybody refreshes",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
