"""What holds for every container, whoever makes its image."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from stack.compose.files import COMPOSE_FILE, FOLDER
from stack.compose.services import version
from stack.compose.variables import SUBNET
from stack.layout import ROOT

Services = dict[str, dict[str, Any]]
NAMES = list(yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"])
JOBS = [name for name in NAMES if name.endswith(("-set-up", "-users", "-cluster")) or name in (
    "key-files", "topics", "first-admin", "demo"
)]  # fmt: skip
LASTING = [name for name in NAMES if name not in JOBS]
OF_OTHERS = ("mongod", "redis", "zookeeper", "kafka", "zipkin", "mail", "prometheus", "alertmanager", "grafana",
             "redis-exporter", "node-exporter", "kafdrop", "kafka-manager", "akhq")  # fmt: skip


def megabytes(service: dict[str, Any]) -> int:
    number, unit = re.fullmatch(r"(\d+)([mg])", service["mem_limit"]).groups()  # type: ignore[union-attr]
    return int(number) * (1024 if unit == "g" else 1)


@pytest.mark.parametrize("name", NAMES)
def test_an_image_has_a_version(name: str, services: Services) -> None:
    image = services[name]["image"]

    assert re.search(r":v?\d+\.\d+[\w.-]*$", image), image


def test_an_image_of_ours_has_the_version_of_the_platform(services: Services) -> None:
    tags = {service["image"].rpartition(":")[2] for service in services.values() if "fintech-app/" in service["image"]}

    assert tags == {version()}


@pytest.mark.parametrize("name", NAMES)
def test_a_port_is_open_to_this_machine_alone(name: str, services: Services) -> None:
    opened = yaml.safe_load((FOLDER / "open.yml").read_text(encoding="utf-8"))["services"]
    ports = [*services[name].get("ports", []), *opened.get(name, {}).get("ports", [])]

    assert [port for port in ports if not str(port).startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_has_a_health_check_and_comes_back(name: str, services: Services) -> None:
    """Our images bring their own check."""
    service = services[name]

    assert service["restart"] == "unless-stopped"
    assert "test" in service.get("healthcheck", {}) or (
        service["image"].startswith("fintech-app/")
        and "healthcheck" not in service
        and "HTTP_PORT" in service["environment"]
    )


@pytest.mark.parametrize("name", JOBS)
def test_a_job_ends_and_is_not_started_again(name: str, services: Services) -> None:
    assert services[name]["restart"] == "no"
    assert services[name]["healthcheck"] == {"disable": True}


@pytest.mark.parametrize("name", NAMES)
def test_a_container_is_limited_and_its_log_is_rotated(name: str, services: Services) -> None:
    service = services[name]

    assert megabytes(service) > 0
    assert service["cpus"] > 0
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}


@pytest.mark.parametrize("name", NAMES)
def test_a_container_gains_no_rights(name: str, services: Services) -> None:
    service = services[name]

    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["CHOWN"] if name == "key-files" else [])
    assert not service.get("privileged")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OF_OTHERS])
def test_our_containers_write_nowhere_but_to_tmp_and_their_volume(name: str, services: Services) -> None:
    assert services[name]["read_only"] is True
    assert services[name]["init"] is True
    assert services[name].get("user") == ("0:0" if name == "key-files" else None)


def test_the_limits_of_the_default_profiles_are_those_that_the_guide_states(services: Services) -> None:
    """Limits are peaks: what is really used is measured, and stated beside them."""
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    limits: Counter[str] = Counter()
    for name in LASTING:
        (profile,) = services[name].get("profiles", ["core"])
        limits[profile] += megabytes(services[name])

    stated = {profile: int(limit) for profile, limit in re.findall(r"^\| `(\w+)` \|.*\| (\d+) MB \|$", guide, re.M)}
    assert stated == limits


def test_what_is_started_by_default_needs_nothing_of_another_profile(services: Services) -> None:
    for name, service in services.items():
        for before in service.get("depends_on", {}):
            assert set(services[before].get("profiles", [])) <= set(service.get("profiles", [])), f"{name}: {before}"


@pytest.mark.parametrize("name", NAMES)
def test_every_mounted_file_exists(name: str, services: Services, compose: dict[str, Any]) -> None:
    for mounted in services[name].get("volumes", []):
        volume = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", mounted)
        source, _, options = volume.split(":", 1)[0], *volume.split(":", 1)[1].partition(":")[::2]
        if source.startswith("."):
            assert (ROOT / source).exists(), source
            assert options == "ro", f"{volume}: a container doesn't write into the checkout"
        elif source != "/":
            assert source in compose["volumes"]


def test_the_network_is_the_one_whose_people_share_an_address(compose: dict[str, Any]) -> None:
    network = compose["networks"]["app-network"]

    assert network == {"name": "app-network", "ipam": {"config": [{"subnet": SUBNET}]}}
    assert SUBNET in compose["services"]["auth-web"]["environment"]["SHARED_NETWORKS"]


def test_both_compose_programs_are_spoken_to(compose: dict[str, Any]) -> None:
    """`version` makes the newer one warn; without it the older one knows the whole specification."""
    assert "version" not in compose
    assert "include" not in compose


def test_every_placeholder_is_explained() -> None:
    """Each variable that compose fills in is a secret, or in .env.example."""
    text = COMPOSE_FILE.read_text(encoding="utf-8")
    asked = {name for name in re.findall(r"\$\{([A-Z_]+)", text) if not name.startswith("SECRET")}
    explained = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.M))

    assert asked - explained == set()


def test_grafana_finds_the_dashboards_where_its_provider_looks(services: Services) -> None:
    provider = yaml.safe_load(_monitoring("grafana/provisioning/dashboards/platform.yml"))["providers"][0]
    mounts = dict(volume.split(":")[:2] for volume in services["grafana"]["volumes"])

    assert mounts["./monitoring/grafana/dashboards"] == provider["options"]["path"]
    sources = yaml.safe_load(_monitoring("grafana/provisioning/datasources/platform.yml"))["datasources"]
    for source in sources:
        name, _, port = source["url"].removeprefix("http://").partition(":")
        assert f"127.0.0.1:{port}:{port}" in services[name]["ports"]


def test_alerts_go_to_a_container_that_is_there(services: Services) -> None:
    alertmanager = yaml.safe_load(_monitoring("alertmanager/alertmanager.yml"))
    urls = [hook["url"] for receiver in alertmanager["receivers"] for hook in receiver.get("webhook_configs", [])]

    assert urls == ["http://notification-web:5002/v1/alerts"]
    assert services["notification-web"]["environment"]["HTTP_PORT"] == "5002"


def test_nothing_but_what_an_image_is_made_of_reaches_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert lines[1] == "*"
    assert all((ROOT / line[1:]).exists() for line in lines if line.startswith("!"))
    assert not any(line.startswith(("!.env", "!.git", "!tests")) for line in lines)


def test_akhq_lets_nobody_change_anything() -> None:
    """The keys are those of its documentation, docs/docs/configuration; 0.25 and later."""
    akhq = yaml.safe_load((FOLDER / "akhq.yml").read_text(encoding="utf-8"))

    assert akhq["micronaut"]["security"]["enabled"] is True
    assert akhq["micronaut"]["security"]["token"]["jwt"]["signatures"]["secret"]["generator"]["secret"]
    assert akhq["akhq"]["security"] == {"default-group": "reader"}
    assert set(akhq["akhq"]) == {"connections", "security"}
    assert all("." not in name for name in akhq["akhq"]["connections"])


def _monitoring(path: str) -> str:
    return (Path(ROOT) / "monitoring" / path).read_text(encoding="utf-8")
