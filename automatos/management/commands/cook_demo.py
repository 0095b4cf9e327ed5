"""`manage.py cook_demo`: cook the demo workspace's first recipe and follow it, as the first start does."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from automatos.demo import DEMO_RECIPE, DEMO_WORKSPACE


class Command(BaseCommand):
    help = "Cook the demo recipe in the demo workspace and follow it."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("cook", DEMO_RECIPE, workspace=DEMO_WORKSPACE)
