"""`manage.py seed`: reference data, and with --demo the demo kitchen. Safe to repeat."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from agents.personas.seeds import seed_personas
from automatos.demo import DEMO_WORKSPACE, seed_demo
from marketplace.moderation.seed_services import seed_plugins
from marketplace.plugins.categories import seed_categories
from workspaces.credentials import master_key
from workspaces.credentials.types import seed_credential_types
from workspaces.scope.acting import SYSTEM, acting_as
from workspaces.scope.tenancy import Purpose, system_scope


class Command(BaseCommand):
    help = (
        "Bring the reference data (credential types, personas, categories of plugins) up to date; "
        "with --demo also make what is missing of the demo kitchen."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="also the demo kitchen: its user, agents and recipes")

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        master_key.check(note=True)
        with system_scope(Purpose.SEED), acting_as(SYSTEM):
            self._seed(demo)

    def _seed(self, demo: bool) -> None:
        self.stdout.write(f"{seed_credential_types()} types of credentials are up to date.")
        self.stdout.write(f"{seed_personas()} personas are up to date.")
        self.stdout.write(f"{seed_categories()} categories of plugins are up to date.")
        self.stdout.write(f"{seed_plugins()} plugins of the project are in the marketplace.")
        if not demo:
            return
        seeded = seed_demo()
        if seeded.taken:
            self.stdout.write(
                f"The workspace {DEMO_WORKSPACE} is not the demo kitchen, so it was left alone. "
                "Give it another address, then seed again."
            )
        else:
            self.stdout.write(f"The demo kitchen is there; new: {seeded.agents} agents, {seeded.recipes} recipes.")
