"""Large values that no run refers to any more, since the runs that did are gone."""

from django.db import connection

from workspaces.scope.tenancy import Purpose, system_scope

BATCH = 200
# As many go in one round; the rest in the next.
MOST_A_ROUND = 20_000
# Whoever takes such a value into use at this moment holds its row, or finds it locked and keeps a copy of its own. What
# was looked at before the lock is looked at again under it, by the second statement.
UNUSED = (
    "SELECT p.id FROM payloads p WHERE NOT EXISTS (SELECT 1 FROM payload_uses u WHERE u.payload_id = p.id) "
    "LIMIT %s FOR UPDATE OF p SKIP LOCKED"
)
REMOVE = (
    "DELETE FROM payloads p WHERE p.id = ANY(%s) "
    "AND NOT EXISTS (SELECT 1 FROM payload_uses u WHERE u.payload_id = p.id)"
)


def sweep_payloads() -> int:
    """Remove them, in batches; how many there were."""
    removed = 0
    for _ in range(MOST_A_ROUND // BATCH):
        with system_scope(Purpose.UPKEEP), connection.cursor() as cursor:
            cursor.execute(UNUSED, [BATCH])
            found = [key for (key,) in cursor.fetchall()]
            cursor.execute(REMOVE, [found])
            removed += cursor.rowcount
        if len(found) < BATCH:
            break
    return removed
