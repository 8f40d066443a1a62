"""What each container is given: the variables of the native stack, by the same code, where servers have names.

Settings and secrets are compose's own placeholders, filled in from `.env`.
"""

from __future__ import annotations

from pathlib import Path

from stack.compose.secrets import Placeholders
from stack.layout import ROOT, Layout
from stack.process_list import Process, ProcessList
from stack.state import State
from stack.variables import LOOPBACK, SETTINGS, UIS, WEB, Variables

EVERYWHERE = "0.0.0.0"
SUBNET = "172.28.80.0/24"
"""Of app-network. Who comes through a published port has the address of its gateway: all people seem to sit there."""
OTHERWISE = {
    "SMTP_HOST": "mail",
    "SMTP_UNENCRYPTED_HOST": "mail",
    "SMTP_PORT": "1025",
    "SHARED_NETWORKS": f"{LOOPBACK},{SUBNET}",
    "GRAFANA_PUBLIC_URL": "http://localhost:3000",
    "BUILD_REVISION": "unknown",
}
"""Defaults that are others than on the native stack."""


def placeholder(name: str, default: str) -> str:
    return f"${{{name}:-{default}}}"


class ContainerVariables(Variables):
    """Knows every variable of every container."""

    def __init__(self, everything: ProcessList) -> None:
        addresses = {process.name: f"{process.name}:{process.port}" for process in everything.processes}
        settings = {name: placeholder(name, default) for name, default in (SETTINGS | OTHERWISE).items()}
        super().__init__(
            # The lake is in a volume at /data/lake.
            Layout(ROOT, Path("/"), Path("/")),
            State(offset=0, public_host=placeholder("PUBLIC_HOST", "localhost"), external=addresses),
            everything,
            Placeholders(),
            settings | {"HTTP_HOST": EVERYWHERE},
        )
        self._shared["BUILD_REVISION"] = settings["BUILD_REVISION"]
        self._shared |= {name: placeholder(name, url) for name, url in self._public_urls(everything).items()}

    def _public_urls(self, everything: ProcessList) -> dict[str, str]:
        """Each can be set, since a proxy that speaks TLS stands in front of a platform in earnest."""
        named = WEB | UIS | {"NOTIFICATION_LIVE": "notification-live"}
        urls = {f"{key}_PUBLIC_URL": f"http://localhost:{everything.process(name).port}" for key, name in named.items()}
        return urls | {"ZIPKIN_PUBLIC_URL": f"http://localhost:{everything.process('zipkin').port}/zipkin/"}

    def _of_the_process(self, process: Process) -> dict[str, str]:
        values = super()._of_the_process(process)
        if "commands" in process.ports:
            values["LEDGER_BIND"] = f"tcp://{EVERYWHERE}:{process.ports['commands']}"
        return values
