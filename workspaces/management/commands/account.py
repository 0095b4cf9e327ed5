"""What an operator does for an account where no mail is sent: `manage.py account reset-link|confirm-email ADDRESS`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from automatos.errors import AppError
from workspaces.accounts import by_hand
from workspaces.scope.acting import OPERATOR, acting_as
from workspaces.scope.tenancy import Purpose, system_scope


class Command(BaseCommand):
    """A link to hand over, or an address confirmed by hand."""

    help = "Print a link to choose a new password, or confirm an e-mail address, where no mail is sent."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and whose address."""
        parser.add_argument("action", choices=["reset-link", "confirm-email"])
        parser.add_argument("address")

    def handle(self, *args: Any, **options: Any) -> None:
        """The link alone on stdout, or a sentence."""
        try:
            with system_scope(Purpose.OPERATOR), acting_as(OPERATOR):
                if options["action"] == "reset-link":
                    self.stdout.write(by_hand.make_reset_link(options["address"]))
                    return
                confirmed = by_hand.confirm_address(options["address"])
        except AppError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{confirmed.email} is confirmed.")
