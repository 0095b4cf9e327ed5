#!/usr/bin/env python
"""Django's command line. Starts the embedded servers when a command needs them and none is up."""

import os
import sys

# Commands that never touch a server: they must work before the embedded ones were ever started.
OFFLINE = {"check", "collectstatic", "compilemessages", "help", "makemessages", "spectacular", "up", "version"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automatos.settings")
    from automatos.local import servers

    command = next((arg for arg in sys.argv[1:] if not arg.startswith("-")), "help")
    if command not in OFFLINE:
        servers.ensure_for_command()

    if command == "up":
        # It only starts other processes: without loading the apps it is up a second sooner.
        from automatos.management.commands.up import Command

        return Command().run_from_argv(sys.argv)

    from automatos.quick_start import no_collection

    with no_collection():
        import django
        from django.core.management import execute_from_command_line

        django.setup()

    return execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
