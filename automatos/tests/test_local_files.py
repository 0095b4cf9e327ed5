"""The files operators start from: compose, image and the example environment, checked for form."""

import re
from typing import Any

import pytest
import yaml

from automatos.local.addresses import PROJECT

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_compose_has_every_process_of_the_product() -> None:
    assert set(SERVICES) == {"migrate", "web", "worker", "beat", "postgres", "redis"}


@pytest.mark.parametrize("name", ["worker", "beat", "postgres", "redis"])
def test_every_long_running_service_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


def test_the_image_checks_the_web_process_and_runs_without_root() -> None:
    image = (PROJECT / "Dockerfile").read_text()
    assert re.search(r"^HEALTHCHECK .*\\\n.*?/health", image, re.M)
    assert re.search(r"^USER (?!root)", image, re.M)


def test_compose_names_only_services_and_volumes_that_exist() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        mounted = {volume.split(":")[0] for volume in service.get("volumes", [])}
        assert mounted <= set(COMPOSE["volumes"])


def test_every_variable_of_the_settings_is_in_the_example() -> None:
    known = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (PROJECT / ".env.example").read_text(), re.M))
    readers = r'(?:env\.)?(?:text|choice|integer|boolean|url|uuid|listing)\(\s*"([A-Z0-9_]+)"'
    read = set()
    for path in (*(PROJECT / "automatos" / "settings").glob("*.py"), PROJECT / "automatos" / "env.py"):
        read |= set(re.findall(readers, path.read_text()))
    assert len(read) > 20
    assert read <= known
