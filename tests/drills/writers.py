"""Which ledger process is the writer now, as its own metric says."""

import time

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench.stacks import Platform

LEDGERS = ("transaction-ledger-1", "transaction-ledger-2")


def is_writer(health_url: str) -> bool:
    """Whether the process there says that it holds the lease; False too when it does not answer."""
    try:
        text = httpx.get(f"{health_url}/metrics", timeout=2).raise_for_status().text
    except httpx.HTTPError:
        return False
    families = {family.name: family for family in text_string_to_metric_families(text)}
    return "ledger_is_writer" in families and any(sample.value == 1 for sample in families["ledger_is_writer"].samples)


def the_writer(platform: Platform, *, within_s: float = 30) -> str:
    """The name of the process that writes; RuntimeError when none or both say so for so long."""
    health_urls = {name: platform.url(name) for name in LEDGERS}
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        writers = [name for name, url in health_urls.items() if is_writer(url)]
        if len(writers) == 1:
            return writers[0]
        time.sleep(0.2)
    raise RuntimeError(f"one of {', '.join(health_urls)} should be the writer; these say so: {writers}")
