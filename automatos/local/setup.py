"""What `manage.py up` does before the processes start: master keys checked, tables, static files, reference data.

The demo workspace too, but only on the embedded database.
"""

import hashlib
import os

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError

from automatos.database_roles import APP_ROLE, SYSTEM_ROLE


class SetupFailed(SystemExit):
    """The product cannot start. The text is one sentence with the cure."""


def collect_static() -> None:
    """Gather and compress the static files, unless nothing changed since the last time."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = os.stat(storage.path(path))
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    stamp = settings.STATIC_ROOT / ".collected"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())


def migrate() -> None:
    """Bring the tables up to date; quick where they are."""
    executor = MigrationExecutor(connections["owner"])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=1)
    connections["owner"].close()


def check_role() -> None:
    """Refuse to run as somebody whom row-level security does not bind: it would be no wall."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper OR rolbypassrls OR pg_has_role(oid, %s, 'USAGE') FROM pg_roles "
            "WHERE rolname = current_user",
            [SYSTEM_ROLE],
        )
        name, unbound = cursor.fetchone()
    if unbound:
        raise SetupFailed(
            f"The product would run as {name}, whom row-level security does not bind. Let the login of DATABASE_URL "
            f"start as {APP_ROLE} (a connection pooler may drop the option `-c role={APP_ROLE}`: give the product a "
            f"login of its own, `GRANT {APP_ROLE} TO it`, and the owner's login in DATABASE_OWNER_URL)."
        )


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automatos.settings")
    django.setup()
    try:
        connections["owner"].ensure_connection()
    except OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise SetupFailed(f"The database does not answer ({reason}): check DATABASE_URL.") from None
    call_command("check_master_key", verbosity=0)
    migrate()
    check_role()
    collect_static()
    call_command("seed", demo=settings.EMBEDDED_DATABASE)


if __name__ == "__main__":
    main()
