"""A stack on paper: folders and secrets are real, nothing runs."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from stack.layout import ROOT, Layout
from stack.process_list import load_process_list
from stack.secret_files import SecretFiles
from stack.state import State
from stack.variables import Variables


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(ROOT, tmp_path / "stack", tmp_path / "servers")
    made.make_folders()
    return made


@pytest.fixture
def secrets(layout: Layout) -> SecretFiles:
    files = SecretFiles(layout.secrets)
    files.generate_missing()
    return files


@pytest.fixture
def variables_with(layout: Layout, secrets: SecretFiles) -> Callable[..., Variables]:
    """Variables of a stack at offset 500; settings and servers elsewhere may be given."""

    def make(settings: Mapping[str, str] | None = None, external: Mapping[str, str] | None = None) -> Variables:
        state = State(offset=500, external=external or {})
        return Variables(layout, state, load_process_list(), secrets, settings or {})

    return make
