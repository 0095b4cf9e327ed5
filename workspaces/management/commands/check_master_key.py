"""`manage.py check_master_key`: whether this process has the keys the database is sealed under."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections

from workspaces.credentials import master_key
from workspaces.credentials.sealing import master_keys


class Command(BaseCommand):
    """Reads only; with a wrong key it ends with the cure and status 1."""

    help = "Check that the master keys (CREDENTIALS_KEYS) are those this database is sealed under."

    def handle(self, *args: Any, **options: Any) -> None:
        """The ids of the keys, never the keys."""
        master_key.check(note=False, using="owner" if "owner" in connections else "default")
        if options["verbosity"]:
            ids = ", ".join(key.id for key in master_keys().keys)
            self.stdout.write(f"The master keys fit this database: {ids} (newest first, from {master_keys().source}).")
