"""The test's own connection belongs to the owner of the tables; a door it knocks at runs as the product does."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test.client import ClientHandler

from automatos.database_roles import APP_ROLE

SET_ROLE = "SELECT set_config('role', %s, true)"
# One question instead of two: this stands around every request of every test.
CHANGE_ROLE = "SELECT current_setting('role'), set_config('role', %s, true)"


@contextmanager
def app_role() -> Iterator[None]:
    """What happens inside sees what a process of the product sees outside of any scope: no row of a workspace."""
    if not connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(CHANGE_ROLE, [APP_ROLE])
        before = cursor.fetchone()[0]
        try:
            yield
        finally:
            if not connection.needs_rollback:
                cursor.execute(SET_ROLE, [before])


def clients_have_the_app_role() -> None:
    """From now on every django.test.Client knocks as a process of the product would."""
    answer = ClientHandler.get_response

    def get_response(self: ClientHandler, request: HttpRequest) -> HttpResponseBase:
        with app_role():
            return answer(self, request)

    ClientHandler.get_response = get_response  # type: ignore[method-assign, assignment]
