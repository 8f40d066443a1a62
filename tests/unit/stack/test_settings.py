"""Settings and servers that run elsewhere."""

from pathlib import Path

import pytest

from stack.errors import StackError
from stack.external import external_addresses
from stack.layout import ROOT, Layout, read_settings
from stack.process_list import load_process_list

LISTED = load_process_list().processes


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# a comment\nLOG_LEVEL=DEBUG\nPUBLIC_HOST='pay.example'\n")

    settings = read_settings({"LOG_LEVEL": "ERROR", "EMPTY": ""}, tmp_path)

    assert settings == {"LOG_LEVEL": "ERROR", "PUBLIC_HOST": "pay.example"}


def test_a_line_that_sets_nothing_is_refused_by_its_number(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("\nLOG_LEVEL DEBUG\n")

    with pytest.raises(StackError, match="line 2"):
        read_settings({}, tmp_path)


def test_folders_start_at_the_checkout() -> None:
    layout = Layout.of({"STACK_DIR": "elsewhere/../mine"})

    assert layout.directory == ROOT / "mine"
    assert layout.servers == ROOT / ".stack" / "servers"


@pytest.mark.parametrize("folder", ["/srv/100%", "/srv/two words", "/srv/{data}"])
def test_a_folder_that_would_break_a_servers_configuration_is_refused(folder: str) -> None:
    with pytest.raises(StackError, match="STACK_DIR"):
        Layout.of({}, folder)


def test_servers_elsewhere_are_known_by_host_and_port() -> None:
    settings = {
        "MONGO_ADMIN_URL": "mongodb://u:p@db.example:1,db2.example:2/?replicaSet=x",
        "REDIS_ADMIN_URL": "redis://cache.example/0",
        "KAFKA_BOOTSTRAP_SERVERS": "k.example:9092,l.example:9092",
    }

    assert external_addresses(LISTED, settings) == {
        "mongod": "db.example:1",
        "redis": "cache.example:6379",
        "zookeeper": "k.example:9092",
        "kafka": "k.example:9092",
    }


def test_an_address_that_is_none_is_refused_without_telling_its_password() -> None:
    with pytest.raises(StackError) as refused:
        external_addresses(LISTED, {"REDIS_ADMIN_URL": "redis://u:hidden@/0"})

    assert "REDIS_ADMIN_URL" in str(refused.value)
    assert "hidden" not in str(refused.value)
