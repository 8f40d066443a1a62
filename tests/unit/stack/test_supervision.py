"""Supervisor's configuration, as supervisor itself reads it."""

from pathlib import Path

from supervisor.options import ServerOptions

from stack.layout import ROOT, Layout
from stack.process_list import load_process_list
from stack.supervision import LONGEST_SOCKET_PATH, daemon_config, socket_path


def read(config: str, path: Path) -> ServerOptions:
    path.write_text(config)
    options = ServerOptions()
    options.realize(args=["-c", str(path)])
    return options


def test_supervisor_reads_every_process(tmp_path: Path) -> None:
    layout = Layout(ROOT, tmp_path / "stack", tmp_path)
    layout.make_folders()

    options = read(daemon_config(layout, load_process_list().processes), tmp_path / "supervisord.conf")

    programs = {group.name: group.process_configs[0] for group in options.process_group_configs}
    assert set(programs) == {process.name for process in load_process_list().processes}
    assert programs["auth-web"].stdout_logfile == str(layout.logs / "auth-web.log")


def test_no_secret_is_in_supervisors_configuration(layout: Layout, secrets: object) -> None:
    config = daemon_config(layout, load_process_list().processes)

    assert not any(path.read_text() in config for path in layout.secrets.iterdir())


def test_a_long_folder_gets_a_short_socket(tmp_path: Path) -> None:
    layout = Layout(ROOT, tmp_path / ("long" * 30), tmp_path)

    path = socket_path(layout)

    assert len(str(path)) <= LONGEST_SOCKET_PATH
    path.parent.rmdir()
