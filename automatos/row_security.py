"""Row-level security as migration operations: which role may see and write which rows of a table.

Two roles of PostgreSQL own nothing and bypass nothing. `automatos_app` is what every process is: it sees the rows of
the workspace (or the person) that `automatos.workspace` and `automatos.person` name for the transaction, and none when
nothing is named. `automatos_system` sees every workspace; `workspaces/scope/tenancy.py` is the only way into it.
"""

from collections.abc import Mapping, Sequence

from django.db.migrations.operations import RunSQL

from automatos.database_roles import APP_ROLE, SYSTEM_ROLE

# (SELECT …) lets PostgreSQL ask once for a statement and not once for each row.
WORKSPACE = "(SELECT automatos_workspace())"
PERSON = "(SELECT automatos_person())"
OF_OWN_WORKSPACES = f"(SELECT workspace_id FROM workspace_members WHERE user_id = {PERSON})"  # noqa: S608 (constants)

CREATE_ROLES = f"""
DO $$ BEGIN CREATE ROLE {SYSTEM_ROLE} NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE {APP_ROLE} NOLOGIN NOINHERIT; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT {SYSTEM_ROLE} TO {APP_ROLE};
GRANT {APP_ROLE}, {SYSTEM_ROLE} TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO {APP_ROLE}, {SYSTEM_ROLE};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APP_ROLE}, {SYSTEM_ROLE};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}, {SYSTEM_ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP_ROLE}, {SYSTEM_ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {APP_ROLE}, {SYSTEM_ROLE};
CREATE OR REPLACE FUNCTION automatos_workspace() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(current_setting('automatos.workspace', true), '')::uuid $$;
CREATE OR REPLACE FUNCTION automatos_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT NULLIF(current_setting('automatos.person', true), '')::uuid $$;
"""


def create_roles() -> RunSQL:
    """The two roles with their rights on every table there is and will be, and what policies ask."""
    return RunSQL(CREATE_ROLES, RunSQL.noop)


def protect(
    table: str,
    *,
    column: str = "workspace_id",
    seen: str = "",
    references: Mapping[str, str] | None = None,
    append_only: bool = False,
) -> RunSQL:
    """Rows belong to the workspace in `column`: nobody outside of its scope sees or writes them.

    seen: a condition for more rows that may be read, never written. references: foreign key columns and the protected
    tables they point to; a value the writer cannot see there is refused, as PostgreSQL checks keys past all policies.
    append_only: no role of ours may change or remove a row.
    """
    own = f"{column} = {WORKSPACE}"
    reads = f"{own} OR {seen}" if seen else own
    return _policies(table, reads=reads, writes=own, references=references or {}, append_only=append_only)


def protect_child(table: str, *, parent: str, column: str, references: Mapping[str, str] | None = None) -> RunSQL:
    """Rows hang under a protected table: whoever sees the parent's row sees and writes them."""
    own = f"{column} IN (SELECT id FROM {parent})"  # noqa: S608 (names in our migrations)
    return _policies(table, reads=own, writes=own, references=references or {}, append_only=False)


def _policies(table: str, *, reads: str, writes: str, references: Mapping[str, str], append_only: bool) -> RunSQL:
    checks = [f"({writes})"]
    for column, other in references.items():
        checks.append(f"({column} IS NULL OR EXISTS (SELECT 1 FROM {other} o WHERE o.id = {table}.{column}))")  # noqa: S608
    check = " AND ".join(checks)
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY workspace_reads ON {table} FOR SELECT TO {APP_ROLE} USING ({reads})",
        f"CREATE POLICY workspace_adds ON {table} FOR INSERT TO {APP_ROLE} WITH CHECK ({check})",
        f"CREATE POLICY workspace_changes ON {table} FOR UPDATE TO {APP_ROLE} USING ({writes}) WITH CHECK ({check})",
        f"CREATE POLICY workspace_removes ON {table} FOR DELETE TO {APP_ROLE} USING ({writes})",
        f"CREATE POLICY system_rows ON {table} TO {SYSTEM_ROLE} USING (true) WITH CHECK (true)",
    ]
    if append_only:
        statements.append(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {APP_ROLE}, {SYSTEM_ROLE}")
    return RunSQL(";\n".join(statements), _undo(table))


def _undo(table: str) -> str:
    names = ("workspace_reads", "workspace_adds", "workspace_changes", "workspace_removes", "system_rows")
    undo = [f"DROP POLICY {name} ON {table}" for name in names]
    undo += [f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY", f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"]
    return ";\n".join(undo)


def also_refers(table: str, column: str, other: str) -> RunSQL:
    """One more foreign key of a table that is protected already: a value the writer cannot see is refused.

    It is looked up in a function, as a policy that asks its own table would ask itself without end.
    """
    sees = f"automatos_sees_{other}"
    check = f"({column} IS NULL OR {sees}({column}))"
    body = f"SELECT EXISTS (SELECT 1 FROM {other} WHERE id = $1)"  # noqa: S608 (names in our migrations)
    statements = [
        f"CREATE OR REPLACE FUNCTION {sees}(uuid) RETURNS boolean LANGUAGE sql STABLE AS $$ {body} $$",
        f"CREATE POLICY {column}_adds ON {table} AS RESTRICTIVE FOR INSERT TO {APP_ROLE} WITH CHECK {check}",
        f"CREATE POLICY {column}_changes ON {table} AS RESTRICTIVE FOR UPDATE TO {APP_ROLE} "
        f"USING (true) WITH CHECK {check}",
    ]
    undo = [f"DROP POLICY {column}_{what} ON {table}" for what in ("adds", "changes")]
    return RunSQL(";\n".join(statements), ";\n".join(undo))


def protect_shared(
    table: str,
    *,
    reads: str,
    adds: str = "false",
    changes: str = "false",
    columns: Sequence[str] = (),
    kept: bool = False,
) -> RunSQL:
    """Rows that several workspaces may read and that work across workspaces writes.

    reads, adds, changes: conditions for a process of the product. columns: the only ones it may change; it removes
    nothing. kept: no role of ours may remove a row.
    """
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY workspace_reads ON {table} FOR SELECT TO {APP_ROLE} USING ({reads})",
        f"CREATE POLICY workspace_adds ON {table} FOR INSERT TO {APP_ROLE} WITH CHECK ({adds})",
        f"CREATE POLICY workspace_changes ON {table} FOR UPDATE TO {APP_ROLE} USING ({changes}) WITH CHECK ({changes})",
        f"CREATE POLICY workspace_removes ON {table} FOR DELETE TO {APP_ROLE} USING (false)",
        f"CREATE POLICY system_rows ON {table} TO {SYSTEM_ROLE} USING (true) WITH CHECK (true)",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {APP_ROLE}",
    ]
    if columns:
        statements.append(f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO {APP_ROLE}")
    if kept:
        statements.append(f"REVOKE DELETE, TRUNCATE ON {table} FROM {SYSTEM_ROLE}")
    return RunSQL(";\n".join(statements), _undo(table))
