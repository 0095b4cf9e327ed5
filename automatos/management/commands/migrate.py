"""`manage.py migrate`, run as the owner of the tables."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import connections

from workspaces.credentials import master_key


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        if "owner" in connections:
            parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        # A wrong key is told before anything is touched.
        master_key.check(note=False, using=options["database"])
        super().handle(*args, **options)
