"""The test's own connection belongs to the owner of the tables; every door it knocks at runs as the product does.

Doors are requests of a test client, what runs after a commit, Celery tasks and commands. What is called past them, such
as a service, opens the scope it needs by itself or stands in the test's.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from celery import Task
from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.client import ClientHandler

from automatos.database_roles import APP_ROLE

SET_ROLE = "SELECT set_config('role', %s, %s)"
# One question instead of two: this stands around every request of every test.
CHANGE_ROLE = "SELECT current_setting('role'), set_config('role', %s, %s)"
# What the owner of the tables does in the product too.
OF_THE_OWNER = ("migrate", "makemigrations", "flush")
FLUSHES = 5
# What migrations leave behind and no test changes.
KEPT_TABLES = ("django_migrations", "django_content_type", "auth_permission")


@contextmanager
def app_role() -> Iterator[None]:
    """What happens inside sees what a process of the product sees outside of any scope: no row of a workspace.

    In a transaction for as long as it lasts; else for the connection, so that what is committed inside is real.
    """
    if _is_forbidden():
        yield
        return
    is_local = connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute(CHANGE_ROLE, [APP_ROLE, is_local])
        before = cursor.fetchone()[0]
    try:
        yield
    finally:
        if connection.connection is not None and connection.in_atomic_block == is_local and not _is_lost():
            with connection.cursor() as cursor:
                cursor.execute(SET_ROLE, [before, is_local])


def _is_forbidden() -> bool:
    """Whether the test may not use the database at all, so that a door that does is seen."""
    return BaseDatabaseWrapper.ensure_connection.__name__ == "_blocking_wrapper"


def _is_lost() -> bool:
    return connection.in_atomic_block and connection.needs_rollback


def doors_have_the_app_role() -> None:
    """From now on every door is knocked at as a process of the product would."""
    for owner, name, wrap in (
        (ClientHandler, "get_response", _with_role),
        (BaseDatabaseWrapper, "run_and_clear_commit_hooks", _hooked),
        (BaseCommand, "execute", _commanded),
        (Task, "__call__", _with_role),
    ):
        setattr(owner, name, wrap(getattr(owner, name)))


def _with_role(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        with app_role():
            return function(*args, **kwargs)

    return called


def _hooked(run: Callable[..., None]) -> Callable[..., None]:
    @wraps(run)
    def run_and_clear(self: BaseDatabaseWrapper) -> None:
        if not self.run_on_commit or self.alias != connection.alias:
            run(self)
            return
        with app_role():
            run(self)

    return run_and_clear


def _commanded(execute: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(execute)
    def executed(self: BaseCommand, *args: Any, **options: Any) -> Any:
        name = type(self).__module__.rsplit(".", 1)[-1]
        if name == "flush":
            return _flushed(execute, self, *args, **options)
        if type(self).__module__.startswith("django.") or name in OF_THE_OWNER:
            return execute(self, *args, **options)
        with app_role():
            return execute(self, *args, **options)

    return executed


def _flushed(execute: Callable[..., Any], command: BaseCommand, *args: Any, **options: Any) -> Any:
    """Empty the tables after a test. Where what a worker still does is in the way, PostgreSQL may end the wrong one."""
    for _ in range(FLUSHES - 1):
        try:
            return _emptied(execute, command, *args, **options)
        except (CommandError, OperationalError) as error:
            if not isinstance(error, OperationalError) and not isinstance(error.__cause__, OperationalError):
                raise
            time.sleep(0.2)
    return _emptied(execute, command, *args, **options)


def _emptied(execute: Callable[..., Any], command: BaseCommand, *args: Any, **options: Any) -> Any:
    """Django's flush writes new files for every table and index, and makes anew what it emptied: this is much less.

    Only the owner of the server may keep triggers from running, so a database of others is flushed by Django.
    """
    if not settings.EMBEDDED_DATABASE:
        return execute(command, *args, **options)
    found = connection.introspection.django_table_names(only_existing=True, include_views=False)
    names = [name for name in found if name not in KEPT_TABLES]
    quoted = [connection.ops.quote_name(name) for name in names]
    with transaction.atomic(), connection.cursor() as cursor:
        # Waits for whoever writes, as TRUNCATE does, so that nothing comes after.
        cursor.execute(f"LOCK TABLE {', '.join(quoted)} IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(" UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in quoted))
        for (name,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {name}")
    return None
