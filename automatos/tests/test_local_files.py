"""The files operators start from: compose, image and the example environment, checked for form."""

import re
from typing import Any

import pytest
import yaml

from automatos import env
from automatos.local.addresses import PROJECT
from automatos.settings import database

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


# What compose itself decides: its own servers, the image's folders, and no embedded model server, which takes a file.
DECIDED = {
    "DATABASE_URL", "POSTGRES_PORT", "REDIS_URL", "REDIS_PORT", "REDIS_DB", "REDIS_PASSWORD", "STATIC_ROOT",
    "LOCAL_LLM_MODEL_PATH",
}  # fmt: skip


def documented() -> set[str]:
    return set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", (PROJECT / ".env.example").read_text(), re.M))


def test_every_documented_variable_reaches_every_process() -> None:
    for name in ("migrate", "web", "worker", "beat"):
        assert documented() - set(SERVICES[name]["environment"]) == DECIDED, name
    passed = SERVICES["web"]["environment"]
    fixed = {"POSTGRES_HOST", "POSTGRES_USER", "POSTGRES_DB", "REDIS_HOST"}
    assert set(passed) - documented() == set()
    for name in set(passed) - fixed:
        assert re.match(rf"\$\{{{name}(:-[^}}]*|:\?[^}}]+)\}}$", str(passed[name])), name


@pytest.mark.parametrize("password", ["a$b@c/d#e:f%?&", "ключ", "with space 'and' \"quotes\""])
def test_a_password_may_hold_any_character(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {**SERVICES["web"]["environment"], "POSTGRES_PASSWORD": password, "DATABASE_URL": "", "POSTGRES_PORT": ""}
    for name in ("DATABASE_URL", "POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"):
        monkeypatch.setenv(name, given[name])
    found = database._database(env.database_url())
    assert [found[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")] == [
        "postgres", "5432", "automatos", password, "automatos",
    ]  # fmt: skip


def test_nothing_starts_before_its_servers_and_its_tables_are_there() -> None:
    assert "-h 127.0.0.1" in SERVICES["postgres"]["healthcheck"]["test"][1]
    for name in ("web", "worker", "beat"):
        waits = {service: one["condition"] for service, one in SERVICES[name]["depends_on"].items()}
        assert waits == {
            "postgres": "service_healthy", "redis": "service_healthy", "migrate": "service_completed_successfully",
        }  # fmt: skip


def test_every_variable_of_the_settings_is_in_the_example() -> None:
    readers = r'(?:env\.)?(?:text|choice|integer|boolean|url|uuid|listing)\(\s*"([A-Z0-9_]+)"'
    read = set()
    for path in (*(PROJECT / "automatos" / "settings").glob("*.py"), PROJECT / "automatos" / "env.py"):
        read |= set(re.findall(readers, path.read_text()))
    assert len(read) > 20
    assert read <= documented()
