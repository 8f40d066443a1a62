"""Secrets are made once, and only their owner reads them."""

from pathlib import Path

from stack.layout import Layout
from stack.secret_files import SecretFiles, write_private


def test_a_secret_stays_as_it_was_made(layout: Layout, secrets: SecretFiles) -> None:
    before = {path.name: path.read_text() for path in layout.secrets.iterdir()}

    secrets.generate_missing()

    assert {path.name: path.read_text() for path in layout.secrets.iterdir()} == before


def test_no_two_secrets_are_equal(layout: Layout, secrets: SecretFiles) -> None:
    values = [path.read_text() for path in layout.secrets.iterdir()]

    assert len(values) == len(set(values))


def test_only_the_owner_reads_a_secret(layout: Layout, secrets: SecretFiles) -> None:
    assert layout.secrets.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in layout.secrets.iterdir()} == {0o600}


def test_writing_again_replaces_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_private(path, "long value")
    write_private(path, "short")

    assert path.read_text() == "short"
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret"]
