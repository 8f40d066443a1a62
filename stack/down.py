"""`down` and `reset`: leave no process, leave no data."""

from __future__ import annotations

import shutil

from stack.containers import remove
from stack.errors import NotRunning, StackError
from stack.launch_files import containers_of
from stack.layout import Layout
from stack.process_list import ProcessList
from stack.supervision import STOP_SECONDS, Supervisor, socket_path
from stack.system_processes import end, members

# Each wave ends side by side. The broker needs ZooKeeper to say good-bye, and the services need both stores.
LAST = ("zookeeper",)


def down(layout: Layout, everything: ProcessList) -> int:
    """Stop every process of the stack; returns how many there were. Harmless when nothing runs.

    Raises StackError when one of them can't be ended.
    """
    found = len(members(layout.directory))
    supervisor = Supervisor(layout)
    if supervisor.is_running():
        try:
            _stop_in_order(supervisor, everything)
            supervisor.shut_down()
        except NotRunning:
            pass  # it died meanwhile; what it leaves is ended below
    remove(containers_of(layout))
    # Its members end by themselves now; whoever lost its supervisor is ended by its mark.
    end(layout.directory)
    left = members(layout.directory)
    if left:
        raise StackError(f"these processes don't end: {', '.join(f'{m.name} (pid {m.pid})' for m in left)}")
    socket = socket_path(layout)
    socket.unlink(missing_ok=True)
    if socket.parent != layout.run:
        socket.parent.rmdir()
    return found


def _stop_in_order(supervisor: Supervisor, everything: ProcessList) -> None:
    known = {info.name for info in supervisor.infos()}
    services = [p.name for p in everything.processes if p.kind == "service" and p.name in known]
    servers = [p.name for p in everything.processes if p.kind == "server" and p.name in known and p.name not in LAST]
    for wave in (services, servers, [name for name in LAST if name in known]):
        for name in wave:
            supervisor.stop_process(name)
        supervisor.wait_until_stopped(wave, STOP_SECONDS + 5)


def reset(layout: Layout, everything: ProcessList) -> None:
    """Down, then remove data, logs and secrets; downloads stay, also when they lie inside the stack's folder."""
    down(layout, everything)
    if not layout.directory.exists():
        return
    for entry in layout.directory.iterdir():
        if entry == layout.servers:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    if not any(layout.directory.iterdir()):
        layout.directory.rmdir()
