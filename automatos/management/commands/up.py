"""`manage.py up`: the whole product from one terminal."""

from typing import Any

import psutil
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from automatos import env
from automatos.local import servers
from automatos.local.supervisor import Plan, Supervisor


class Command(BaseCommand):
    help = "Start the embedded servers, migrate, seed, and run web, worker and beat until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--parent", type=int, help="stop when the process with this number is gone")

    def handle(self, *args: Any, **options: Any) -> None:
        parent = options["parent"]
        if parent and not psutil.pid_exists(parent):
            raise CommandError(f"--parent {parent} is not a running process.")
        plan = Plan(
            where=settings.LOCAL,
            port=env.integer("PORT", 8000, low=1, high=65535),
            host=_own_host(settings.ALLOWED_HOSTS),
            services=servers.needed(),
            own_model=not settings.LOCAL_LLM_URL,
            has_demo=settings.EMBEDDED_DATABASE,
            parent=parent,
        )
        Supervisor(plan).run()


def _own_host(allowed: list[str]) -> str:
    """A host name under which the web process answers our own question whether it is ready."""
    first = allowed[0]
    if first == "*" or "127.0.0.1" in allowed:
        return "127.0.0.1"
    return first.lstrip(".")
