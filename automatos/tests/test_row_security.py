"""The second wall: what PostgreSQL itself shows and refuses, whatever our code asks for."""

import threading
from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import ProgrammingError, connection, connections, transaction

from automatos.database_roles import APP_ROLE, SYSTEM_ROLE
from automatos.tests.app_role import app_role
from workspaces.models import Membership, Role, User, Workspace
from workspaces.scope import tenancy
from workspaces.services import create_workspace

pytestmark = pytest.mark.django_db

# Tables without a workspace, each with its reason. Whatever is not here needs policies.
NO_WORKSPACE = {
    "users": "people belong to several workspaces",
    "users_groups": "rights in the admin site",
    "users_user_permissions": "rights in the admin site",
    "auth_group": "rights in the admin site",
    "auth_group_permissions": "rights in the admin site",
    "auth_permission": "rights in the admin site",
    "account_emailaddress": "a person's addresses",
    "account_emailconfirmation": "a person's addresses",
    "mfa_authenticator": "a person's second factors",
    "usersessions_usersession": "a person's sessions",
    "django_admin_log": "what moderators did in the admin site",
    "django_content_type": "Django's list of models",
    "django_migrations": "Django's list of migrations",
    "django_session": "sessions, by a secret key",
    "clerk_events": "ids of messages worked in, no content",
    "clerk_states": "ids at Clerk and a time, no content",
    "credential_types": "reference data",
    "plugin_categories": "reference data",
    "key_checks": "says which master keys are the right ones",
    "workers": "processes, which serve every workspace",
}
POLICIES = {"workspace_reads", "workspace_adds", "workspace_changes", "workspace_removes", "system_rows"}


@pytest.fixture
def two_workspaces() -> tuple[Workspace, Workspace]:
    """Each with an owner of its own."""
    made = [create_workspace(name=name, owner=User.objects.create_user(f"{name}@example.org")) for name in ("a", "b")]
    return made[0], made[1]


def rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def tables() -> set[str]:
    return {str(name) for (name,) in rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def protected() -> set[str]:
    return tables() - NO_WORKSPACE.keys()


def test_every_table_has_forced_policies_or_a_reason_to_have_none() -> None:
    secured = rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity")
    policies = rows("SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public'")
    unsecured = protected() - {str(name) for (name,) in secured}
    assert not unsecured, f"add protect() to the migration of {sorted(unsecured)}"
    assert len(protected()) > 20
    assert all({str(policy) for name, policy in policies if name == table} >= POLICIES for table in protected())


def test_a_table_without_a_workspace_has_no_workspace_column() -> None:
    with_column = rows("SELECT table_name FROM information_schema.columns WHERE column_name = 'workspace_id'")
    assert not {str(name) for (name,) in with_column} & NO_WORKSPACE.keys()


def test_the_roles_own_nothing_and_bypass_nothing() -> None:
    flags = rows(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles "
        f"WHERE rolname IN ('{APP_ROLE}', '{SYSTEM_ROLE}') ORDER BY 1"
    )
    assert flags == [(APP_ROLE, False, False, False, False), (SYSTEM_ROLE, False, False, False, False)]
    owners = {name for (name,) in rows("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")}
    assert not owners & {APP_ROLE, SYSTEM_ROLE}


def test_a_process_starts_as_the_app_role() -> None:
    """What settings give every process but `migrate`; the tests' own connection is the owner's."""
    from automatos.settings.database import app_database

    login = app_database()
    with psycopg.connect(
        host=login["HOST"],
        user=login["USER"],
        dbname=connection.settings_dict["NAME"],
        options=login["OPTIONS"]["options"],
    ) as own:
        assert own.execute("SELECT current_user, session_user").fetchone() == (APP_ROLE, APP_ROLE)
        own.execute("RESET ROLE")
        assert own.execute("SELECT count(*) FROM workspaces").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            own.execute("ALTER TABLE agents DISABLE ROW LEVEL SECURITY")


def test_without_a_scope_no_row_of_any_table_is_there(two_workspaces: tuple[Workspace, Workspace]) -> None:
    with app_role():
        seen = {table: rows(f'SELECT count(*) FROM "{table}"')[0][0] for table in sorted(protected())}
    assert {"workspaces", "workspace_members"} <= seen.keys()
    # Global personas belong to everybody.
    assert {table for table, count in seen.items() if count} <= {"personas"}


def test_a_scope_shows_one_workspace_and_the_person_their_memberships(
    two_workspaces: tuple[Workspace, Workspace],
) -> None:
    ours, theirs = two_workspaces
    guest = User.objects.create_user("guest@example.org")
    Membership.objects.create(workspace=theirs, user=guest, role=Role.VIEWER)
    with tenancy.workspace_scope(ours.pk):
        assert list(Workspace.objects.all()) == [ours]
        assert {member.workspace_id for member in Membership.objects.all()} == {ours.pk}
    with tenancy.person_scope(guest.pk):
        assert list(Workspace.objects.all()) == [theirs]
        assert [member.user_id for member in Membership.objects.all()] == [guest.pk]
    with tenancy.system_scope(tenancy.Purpose.OPERATOR):
        assert set(Workspace.objects.all()) >= {ours, theirs}


def refused(write: object) -> None:
    assert callable(write)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        write()


def test_writing_into_another_workspace_is_refused(two_workspaces: tuple[Workspace, Workspace]) -> None:
    ours, theirs = two_workspaces
    guest = User.objects.create_user("guest@example.org")
    with tenancy.workspace_scope(ours.pk):
        refused(lambda: Membership.objects.create(workspace=theirs, user=guest))
        refused(lambda: Membership.objects.filter(workspace=ours).update(workspace=theirs))
        assert Membership.objects.filter(workspace=theirs).update(role=Role.VIEWER) == 0
        assert Workspace.objects.filter(pk=theirs.pk).update(name="taken") == 0
        assert Membership.objects.filter(workspace=theirs).delete()[0] == 0
    with tenancy.person_scope(guest.pk):
        refused(lambda: Membership.objects.create(workspace=theirs, user=guest, role=Role.OWNER))


def test_a_person_may_read_their_membership_but_not_raise_it(two_workspaces: tuple[Workspace, Workspace]) -> None:
    ours, theirs = two_workspaces
    guest = User.objects.create_user("guest@example.org")
    Membership.objects.create(workspace=theirs, user=guest, role=Role.VIEWER)
    with tenancy.workspace_scope(ours.pk, guest.pk):
        assert Membership.objects.filter(user=guest).count() == 1
        assert Membership.objects.filter(user=guest).update(role=Role.OWNER) == 0


def test_a_scope_ends_with_its_transaction_also_when_it_fails(two_workspaces: tuple[Workspace, Workspace]) -> None:
    ours, theirs = two_workspaces
    with app_role():
        with tenancy.workspace_scope(ours.pk):
            with tenancy.workspace_scope(theirs.pk):
                assert list(Workspace.objects.all()) == [theirs]
            assert list(Workspace.objects.all()) == [ours]
            with pytest.raises(ZeroDivisionError), tenancy.system_scope(tenancy.Purpose.OPERATOR):
                raise ZeroDivisionError
            assert list(Workspace.objects.all()) == [ours]
        assert not Workspace.objects.exists()


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    """Runs on a connection of its own, outside of the test's transaction."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_threads_that_share_the_pool_never_see_each_other() -> None:
    """Twelve threads, each with its own workspace, on the few connections of a pool."""
    made = [uuid4() for _ in range(12)]
    wrong: list[str] = []

    def work(workspace_id: UUID) -> None:
        for _ in range(20):
            with tenancy.workspace_scope(workspace_id):
                seen = [row.pk for row in Workspace.objects.all()]
            if seen != [workspace_id]:
                wrong.append(f"{workspace_id} saw {seen}")
            if tenancy.current() is not None:
                wrong.append("a scope outlived its transaction")
            connection.close()  # back to the pool, for the next thread to take

    rows = [Workspace(pk=one, slug=f"thread-{one}", name="thread") for one in made]
    in_a_thread(lambda: Workspace.objects.bulk_create(rows)).join()
    try:
        for thread in [in_a_thread(partial(work, one)) for one in made]:
            thread.join()
    finally:
        in_a_thread(lambda: Workspace.objects.filter(pk__in=made).delete()).join()
    assert not wrong


def test_only_named_modules_cross_workspaces() -> None:
    """Every use of the system scope, by module and purpose: a new one is a decision, made here."""
    import ast

    from automatos.tests.source import modules

    found = {
        (module.name, node.attr)
        for module in modules().values()
        if not module.is_test and module.name != "workspaces.scope.tenancy"
        for node in ast.walk(module.tree)
        # Both `Purpose.X` and `tenancy.Purpose.X`.
        if isinstance(node, ast.Attribute)
        and "Purpose" in (getattr(node.value, "id", ""), getattr(node.value, "attr", ""))
    }
    assert found == CROSSING, f"new: {sorted(found - CROSSING)}, gone: {sorted(CROSSING - found)}"


CROSSING = {
    ("recipes.runs.payload_sweep", "UPKEEP"),
    ("tools.composio.catalogue", "UPKEEP"),
    ("tools.composio.connections", "UPKEEP"),
    ("tools.composio.messages", "SIGN_IN"),
    ("tools.composio.triggers", "UPKEEP"),
    ("tools.composio.indexing", "UPKEEP"),
    ("tools.composio.jobs", "UPKEEP"),
    ("tools.mcp.connections", "UPKEEP"),
    ("tools.composio.logos", "UPKEEP"),
    ("agents.knowledge.ingest", "UPKEEP"),
    ("agents.skills.sync", "UPKEEP"),
    ("automatos.admin_site", "MODERATION"),
    ("automatos.metrics_page", "OPERATOR"),
    ("automatos.management.commands.seed", "SEED"),
    ("marketplace.browse.indexing", "UPKEEP"),
    ("marketplace.enabling.tally", "UPKEEP"),
    ("marketplace.listings.tally", "UPKEEP"),
    ("marketplace.management.commands.plugins", "OPERATOR"),
    ("marketplace.moderation.staff", "MODERATION"),
    ("marketplace.plugins.imports", "SCAN"),
    ("marketplace.scans.holding", "SCAN"),
    ("marketplace.scans.jobs", "SCAN"),
    ("marketplace.scans.known_bad", "SCAN"),
    ("marketplace.scans.set_aside", "SCAN"),
    ("marketplace.scans.outcome", "SCAN"),
    ("marketplace.scans.record", "SCAN"),
    ("marketplace.scans.rescans", "SCAN"),
    ("recipes.engine.agent_moves", "ENGINE"),
    ("recipes.engine.asking", "ENGINE"),
    ("recipes.runs.retention", "UPKEEP"),
    ("recipes.engine.turns", "ENGINE"),
    ("recipes.engine.cut", "ENGINE"),
    ("recipes.engine.heart", "ENGINE"),
    ("recipes.engine.rescue", "ENGINE"),
    ("recipes.live.following", "SIGN_IN"),
    ("recipes.engine.parking", "ENGINE"),
    ("recipes.triggers.tick_services", "UPKEEP"),
    ("recipes.triggers.hook_services", "SIGN_IN"),
    ("recipes.triggers.form_services", "SIGN_IN"),
    ("recipes.triggers.follow_services", "UPKEEP"),
    ("recipes.management.commands.schedules", "OPERATOR"),
    ("recipes.engine.paying", "ENGINE"),
    ("recipes.engine.queueing", "ENGINE"),
    ("recipes.engine.progress", "ENGINE"),
    ("recipes.engine.reach", "ENGINE"),
    ("recipes.engine.tool_context", "ENGINE"),
    ("recipes.management.commands.cook", "OPERATOR"),
    ("workspaces.accounts.events", "SIGN_IN"),
    ("workspaces.budgets.gate", "SCAN"),
    ("workspaces.doors.auth", "SIGN_IN"),
    ("workspaces.clerk.messages", "SIGN_IN"),
    ("workspaces.clerk.sign_in", "SIGN_IN"),
    ("workspaces.management.commands.account", "OPERATOR"),
    ("workspaces.management.commands.apikey", "OPERATOR"),
    ("workspaces.accounts.services", "SIGN_IN"),
    ("workspaces.members.invitation_services", "SIGN_IN"),
    ("workspaces.doors.sockets", "SIGN_IN"),
    ("recipes.quality.assessing", "UPKEEP"),
    ("recipes.quality.asking_judges", "UPKEEP"),
    ("recipes.quality.tried", "UPKEEP"),
    ("recipes.evaluations.advance_services", "UPKEEP"),
    ("recipes.evaluations.check_services", "UPKEEP"),
    ("recipes.evaluations.due_services", "UPKEEP"),
    ("recipes.lessons.keeping", "UPKEEP"),
    ("workspaces.purging", "UPKEEP"),
    ("recipes.runs.ends", "UPKEEP"),
    ("recipes.runs.lost_calls", "UPKEEP"),
    ("workspaces.management.commands.plan", "OPERATOR"),
    ("workspaces.management.commands.verify_audit", "OPERATOR"),
    ("workspaces.credentials.master_key", "OPERATOR"),
    ("workspaces.credentials.rotation", "OPERATOR"),
}
