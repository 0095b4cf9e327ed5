"""`manage.py rotate_credentials`: seal every credential, and what other apps seal, under the newest master key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workspaces.credentials import master_key, rotation
from workspaces.credentials.sealing import master_keys
from workspaces.scope.acting import OPERATOR, acting_as


class Command(BaseCommand):
    """Runs beside a busy system, and again after a break."""

    help = (
        "Seal every credential under the newest master key. First let every process know the new key (at the end of "
        "CREDENTIALS_KEYS), then write it in front and restart, then run this, then remove the old key."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The way out when a key is lost."""
        parser.add_argument("--give-up", metavar="KEY_ID", help="remove every credential sealed under this lost key")

    def handle(self, *args: Any, **options: Any) -> None:
        """Progress on stdout; status 1 when a credential could not be opened."""
        if options["give_up"]:
            self._give_up(options["give_up"])
            return
        master_key.check(note=True)
        progress = rotation.Progress()
        for progress in rotation.rotate():
            self.stdout.write(f"{progress.moved:,} of {progress.total:,} credentials moved.")
        for credential_id, reason in progress.unreadable.items():
            self.stderr.write(f"{credential_id}: {reason}")
        for key_id, count in progress.remaining.items():
            self.stdout.write(f"{count:,} remain under {key_id}: keep that key.")
        if progress.unreadable:
            raise CommandError(f"{len(progress.unreadable):,} credentials could not be opened.")
        if not progress.remaining:
            newest = master_keys().newest.id
            self.stdout.write(f"Every credential is under {newest}: older keys can be removed from CREDENTIALS_KEYS.")

    def _give_up(self, key_id: str) -> None:
        if master_keys().get(key_id):
            raise CommandError(
                f"The key {key_id} is here, so nothing is lost: run rotate_credentials without --give-up."
            )
        with acting_as(OPERATOR):
            self.stdout.write(f"{rotation.give_up(key_id):,} credentials under {key_id} were removed.")
