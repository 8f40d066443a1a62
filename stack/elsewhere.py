"""A platform that this checkout did not start, such as one in containers: its addresses and secrets, by settings alone.

`PLATFORM_ADDRESS` says where a process answers, with its name and its port filled in: `127.0.0.1:{port}`, or
`{name}:{port}` from within the network of the containers. The secrets are variables, as docker-compose.yml takes them.
"""

from __future__ import annotations

from collections.abc import Mapping

from stack.errors import StackError
from stack.external import external_addresses
from stack.process_list import ProcessList
from stack.state import State

SETTING = "PLATFORM_ADDRESS"


def state_elsewhere(settings: Mapping[str, str], everything: ProcessList) -> State | None:
    """None when the setting is missing: then the stack is our own. Raises StackError for a setting of another form.

    A server's own variable, such as KAFKA_BOOTSTRAP_SERVERS, goes before the pattern.
    """
    pattern = settings.get(SETTING)
    if pattern is None:
        return None
    processes = everything.processes
    try:
        addresses = {process.name: pattern.format(name=process.name, port=process.port) for process in processes}
    except (KeyError, IndexError, ValueError) as error:
        raise StackError(f"{SETTING}: a host and {{port}} are expected, as in 127.0.0.1:{{port}}") from error
    if any(not address.rpartition(":")[2].isdigit() for address in addresses.values()):
        raise StackError(f"{SETTING}: a host and {{port}} are expected, as in 127.0.0.1:{{port}}")
    return State(
        offset=0,
        public_host=settings.get("PUBLIC_HOST", "localhost"),
        processes=tuple(process.name for process in processes),
        external=addresses | external_addresses(processes, settings),
    )
