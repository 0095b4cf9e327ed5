"""The chain of the audit log: whoever gets at the rows leaves a trace, and the product's own roles cannot."""

import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, connections, transaction

from automatos.database_roles import APP_ROLE, SYSTEM_ROLE
from workspaces.audit import log as audit
from workspaces.audit.chain import Break, verify
from workspaces.models import AuditEntry, AuditHead, User, Workspace
from workspaces.scope.tenancy import Purpose, system_scope, workspace_scope
from workspaces.services import create_workspace


@pytest.fixture
def bistro(db: None) -> Workspace:
    """A workspace whose log has 20 entries."""
    workspace = create_workspace(name="Bistro", owner=User.objects.create_user("olga@example.org"))
    note(workspace, 19)
    return workspace


def note(workspace: Workspace, times: int) -> None:
    for number in range(times):
        after = {"number": number, "share": 0.1 * number, "zero": -0.0, "huge": 10**30, "tiny": 1e-9, "text": "ä\n"}
        audit.record("agent.updated", workspace_id=workspace.pk, target=("agent", number, "Quill"), after=after)


def sql(statement: str, *params: Any) -> None:
    """As the database's own superuser, whom nothing holds up."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def broken(workspace: Workspace, last: int | None = None) -> Break:
    found = verify(workspace.pk, last=last).broken
    assert found is not None
    return found


def test_an_untouched_chain_is_intact(bistro: Workspace) -> None:
    verdict = verify(bistro.pk)
    assert (verdict.intact, verdict.complete, verdict.entries, verdict.checked) == (True, True, 20, 20)
    assert verdict.end == AuditEntry.objects.get(workspace_id=bistro.pk, seq=20).hash
    newest = verify(bistro.pk, last=5)
    assert (newest.intact, newest.complete, newest.checked) == (True, False, 5)


@pytest.mark.parametrize(
    "change",
    [
        "after = '{\"number\": 99}'", "actor = 'nobody'", "at = at + interval '1 second'", "ip = '192.0.2.1'",
        "action = 'agent.created'", "before = '{}'", "target_id = 'x'", "actor_id = gen_random_uuid()",
        "previous_hash = repeat('0', 64)", "hash = repeat('0', 64)",
    ],
)  # fmt: skip
def test_a_changed_entry_is_named(bistro: Workspace, change: str) -> None:
    sql(f"UPDATE audit_log SET {change} WHERE workspace_id = %s AND seq = 12", bistro.pk)
    found = broken(bistro)
    assert found.seq == 12
    assert "Entry 12" in found.reason
    assert broken(bistro, last=10).seq == 12
    assert verify(bistro.pk, last=5).intact


def test_a_removed_entry_is_named(bistro: Workspace) -> None:
    sql("DELETE FROM audit_log WHERE workspace_id = %s AND seq = 7", bistro.pk)
    assert broken(bistro) == Break(7, "Entry 7 is missing.")


def test_two_swapped_entries_are_named(bistro: Workspace) -> None:
    for old, new in ((5, -1), (9, 5), (-1, 9)):
        sql("UPDATE audit_log SET seq = %s WHERE workspace_id = %s AND seq = %s", new, bistro.pk, old)
    assert broken(bistro).seq == 5


def test_an_entry_sealed_anew_does_not_follow(bistro: Workspace) -> None:
    entry = AuditEntry.objects.get(workspace_id=bistro.pk, seq=8)
    entry.actor = "nobody"
    sql("UPDATE audit_log SET actor = 'nobody', hash = %s WHERE id = %s", audit.seal(entry), entry.pk)
    assert broken(bistro).seq == 9
    assert "does not follow" in broken(bistro).reason


def test_a_cut_off_end_is_noticed(bistro: Workspace) -> None:
    sql("DELETE FROM audit_log WHERE workspace_id = %s AND seq > 17", bistro.pk)
    assert broken(bistro).seq == 18
    assert broken(bistro, last=2).seq == 19


def test_a_cut_off_end_is_noticed_when_the_count_is_set_back_too(bistro: Workspace) -> None:
    sql("DELETE FROM audit_log WHERE workspace_id = %s AND seq > 17", bistro.pk)
    sql("UPDATE audit_heads SET seq = 17 WHERE workspace_id = %s", bistro.pk)
    assert broken(bistro).seq == 17


def test_a_removed_end_of_the_chain_and_a_smuggled_entry_are_noticed(bistro: Workspace) -> None:
    sql("UPDATE audit_log SET seq = 21 WHERE workspace_id = %s AND seq = 20", bistro.pk)
    assert broken(bistro).seq == 20
    sql("UPDATE audit_heads SET seq = 19, hash = (SELECT hash FROM audit_log WHERE seq = 19 AND workspace_id = %s) "
        "WHERE workspace_id = %s", bistro.pk, bistro.pk)  # fmt: skip
    assert "past the end" in broken(bistro).reason
    sql("DELETE FROM audit_heads WHERE workspace_id = %s", bistro.pk)
    assert "the end of the log is gone" in broken(bistro).reason


def test_the_command_names_the_first_broken_entry_and_fails(bistro: Workspace) -> None:
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    assert f"{bistro.slug}: intact, 20 entries, ends with {verify(bistro.pk).end}" in out.getvalue()
    sql("UPDATE audit_log SET actor = 'nobody' WHERE workspace_id = %s AND seq IN (4, 11)", bistro.pk)
    with pytest.raises(CommandError, match=rf"{bistro.slug}: Entry 4 \(agent.updated, .* was changed") as refused:
        call_command("verify_audit", "--workspace", bistro.slug, stdout=out)
    assert refused.value.returncode == 1
    with pytest.raises(CommandError, match="no workspace nowhere"):
        call_command("verify_audit", "--workspace", "nowhere", stdout=out)


def test_a_tail_cut_off_with_its_count_is_noticed_by_an_end_kept_outside(bistro: Workspace, tmp_path: Path) -> None:
    """Whoever owns the database can make a shorter chain look whole; the chain by itself cannot tell."""
    anchors = tmp_path / "ends.jsonl"
    call_command("verify_audit", "--anchors", str(anchors), stdout=io.StringIO())
    again = io.StringIO()
    call_command("verify_audit", "--anchors", str(anchors), stdout=again)
    assert "0 ends added" in again.getvalue()
    sql("DELETE FROM audit_log WHERE workspace_id = %s AND seq > 17", bistro.pk)
    sql("UPDATE audit_heads SET seq = 17, hash = (SELECT hash FROM audit_log WHERE seq = 17 AND workspace_id = %s) "
        "WHERE workspace_id = %s", bistro.pk, bistro.pk)  # fmt: skip
    assert verify(bistro.pk).intact
    with pytest.raises(CommandError, match=rf"{bistro.slug}: Entry 20 was there"):
        call_command("verify_audit", "--anchors", str(anchors), stdout=io.StringIO())
    sql("DELETE FROM audit_log WHERE workspace_id = %s", bistro.pk)
    sql("DELETE FROM audit_heads WHERE workspace_id = %s", bistro.pk)
    with pytest.raises(CommandError, match="Entry 20 was there"):
        call_command("verify_audit", "--anchors", str(anchors), stdout=io.StringIO())
    anchors.write_text("nonsense\n")
    with pytest.raises(CommandError, match="line 1 is not the end"):
        call_command("verify_audit", "--anchors", str(anchors), stdout=io.StringIO())


@pytest.mark.parametrize("role", [APP_ROLE, SYSTEM_ROLE])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'x'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "DELETE FROM audit_heads",
        "TRUNCATE audit_heads",
        "UPDATE audit_heads SET seq = seq - 1",
        "UPDATE audit_heads SET seq = seq + 1, workspace_id = NULL",
    ],
)
def test_the_database_lets_no_role_of_ours_change_an_entry(bistro: Workspace, role: str, statement: str) -> None:
    scope = workspace_scope(bistro.pk) if role == APP_ROLE else system_scope(Purpose.OPERATOR)
    with scope, pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        sql(statement)
    assert verify(bistro.pk).intact


def in_threads(number: int, work: Callable[[int], None]) -> list[BaseException]:
    problems: list[BaseException] = []

    def run(index: int) -> None:
        try:
            work(index)
        except BaseException as error:
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


@pytest.mark.django_db(transaction=True)
def test_fifty_writers_at_once_leave_one_unbroken_chain() -> None:
    workspace = create_workspace(name="Bistro", owner=User.objects.create_user("olga@example.org"))

    def write(index: int) -> None:
        for number in range(4):
            with workspace_scope(workspace.pk):
                target = ("agent", index, "Quill")
                audit.record("agent.updated", workspace_id=workspace.pk, target=target, after={"number": number})

    assert not in_threads(50, write)
    verdict = verify(workspace.pk)
    assert (verdict.entries, verdict.broken) == (201, None)


@pytest.mark.django_db(transaction=True)
def test_the_first_entries_of_a_chain_may_come_at_once() -> None:
    AuditHead.objects.filter(workspace_id=None).delete()

    def write(index: int) -> None:
        with system_scope(Purpose.OPERATOR):
            audit.record("user.created", workspace_id=None, target=("user", index, ""))

    before = AuditEntry.objects.filter(workspace_id=None).count()
    assert before == 0
    assert not in_threads(8, write)
    assert (verify(None).entries, verify(None).broken) == (8, None)
