"""The audit log as people and programs read it: page, list, export, verification."""

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from workspaces.audit import log as audit
from workspaces.models import AuditEntry, Role
from workspaces.tests.rest import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return Company()


def browser(company: Company, role: Role) -> Client:
    client = Client()
    client.force_login(company.people[role])
    return client


def page_of(company: Company, role: Role = Role.ADMIN, query: str = "", **more: Any) -> Any:
    return browser(company, role).get(f"/w/{company.workspace.slug}/settings/audit/{query}", **more)


def listed(company: Company, query: str = "") -> list[dict[str, Any]]:
    status, body = company.admin.get(f"/api/workspaces/{company.workspace.pk}/audit{query}")
    assert status == 200, body
    return list(body["items"])


def file_of(company: Company, query: str) -> str:
    answer = company.admin.client.get(f"/api/workspaces/{company.workspace.pk}/audit/export{query}")
    assert answer.status_code == 200
    return b"".join(answer).decode()


def test_an_admin_sees_who_did_what_how_and_from_where(company: Company) -> None:
    made = company.agent()
    company.editor.patch(f"/api/agents/{made['id']}", {"name": "Quill the second"})
    entry = listed(company)[0]
    editor = company.people[Role.EDITOR]
    assert (entry["action"], entry["via"], entry["ip"]) == ("agent.updated", "api_key", "127.0.0.1")
    assert (entry["actor_id"], entry["actor"]) == (str(editor.pk), editor.email)
    assert company.editor.key.startswith(entry["credential"])
    assert (entry["before"], entry["after"]) == ({"name": "Quill"}, {"name": "Quill the second"})
    assert len(entry["request_id"]) == 32
    text = page_of(company).content.decode()
    assert "Agent: updated" in text
    assert "name: Quill the second" in text
    assert f"All {entry['seq']} entries checked." in text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_others_are_told_which_role_it_takes(company: Company, role: Role) -> None:
    answer = page_of(company, role)
    assert answer.status_code == 403
    assert "This takes the role Admin or higher" in answer.content.decode()
    caller = company.viewer if role == Role.VIEWER else company.editor
    for path in ("", "/export", "/verify"):
        assert caller.get(f"/api/workspaces/{company.workspace.pk}/audit{path}")[0] == 403
        assert company.outsider.get(f"/api/workspaces/{company.workspace.pk}/audit{path}")[0] == 404
    assert (
        "Needs the role Admin" in browser(company, role).get(f"/w/{company.workspace.slug}/settings/").content.decode()
    )


def test_filters_narrow_the_page_and_the_list_alike(company: Company) -> None:
    company.agent(name="Nora")
    company.recipe("Write", name="Soup")
    editor = company.people[Role.EDITOR].pk
    for query, expected in {
        "?group=recipe": {"recipe.created"},
        "?target_type=agent": {"agent.created"},
        f"?actor={editor}&group=agent": {"agent.created"},
        "?search=Nora created": {"agent.created"},
        "?since=2020-01-01&until=9000-01-01&group=recipe": {"recipe.created"},
        "?until=2020-01-01": set(),
    }.items():
        assert {entry["action"] for entry in listed(company, query)} == expected, query
        text = page_of(company, query=query).content.decode()
        assert ("No entry matches" in text) == (not expected)
        assert ("Agent: created" in text) == ("agent.created" in expected)


@pytest.mark.parametrize(
    ("query", "field"),
    [("?since=soon", "since"), ("?actor=olga", "actor"), ("?group=nonsense", "group"), ("?until=0001-01-01", "until")],
)
def test_a_filter_that_cannot_be_read_is_named(company: Company, query: str, field: str) -> None:
    status, body = company.admin.get(f"/api/workspaces/{company.workspace.pk}/audit{query}")
    assert (status, list(body["error"]["fields"])) == (400, [field])
    answer = page_of(company, query=query)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.content.decode()


def test_paging_by_number_shows_each_entry_once_though_new_ones_come(company: Company) -> None:
    note(company, 120)
    seen, path = list[str](), f"/w/{company.workspace.slug}/settings/audit/"
    client = browser(company, Role.ADMIN)
    while path:
        text = client.get(path).content.decode()
        seen += [part.split('"')[0] for part in text.split('id="entry-')[1:]]
        note(company, 1)
        path = text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&") if 'rel="next"' in text else ""
    assert len(seen) == len(set(seen)) > 120
    assert [entry["seq"] for entry in listed(company, "?before=100&limit=3")] == [99, 98, 97]


def note(company: Company, times: int, target: str = "Quill") -> None:
    for number in range(times):
        audit.record("agent.updated", workspace_id=company.workspace.pk, target=("agent", number, target))


@pytest.mark.django_db(transaction=True)
def test_an_export_has_every_entry_and_no_formula(company: Company) -> None:
    note(company, 1100)
    evil = ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "  =1", "=cmd|' /C calc'!A0", '"=1', "plain", "a\nb,c"]
    for name in evil:
        note(company, 1, name)
    total = AuditEntry.objects.filter(workspace_id=company.workspace.pk).count()
    rows = list(csv.DictReader(io.StringIO(file_of(company, "?format=csv"), newline="")))
    assert [int(row["seq"]) for row in rows] == list(range(total, 0, -1))
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t"))]
    assert [row["target"].removeprefix("'") for row in rows[:10]] == evil[::-1]
    lines = [json.loads(line) for line in file_of(company, "?format=jsonl").splitlines()]
    assert [line["seq"] for line in lines] == list(range(total, 0, -1))
    assert lines[1]["target"] == "plain"
    assert len(file_of(company, "?format=jsonl&group=member").splitlines()) == len(listed(company, "?group=member"))
    on_page = browser(company, Role.ADMIN).get(f"/w/{company.workspace.slug}/settings/audit/export/?format=jsonl")
    assert b"".join(on_page).count(b"\n") == total


def test_a_broken_chain_is_said_on_the_page_and_at_the_api(company: Company) -> None:
    address = f"/api/workspaces/{company.workspace.pk}/audit/verify"
    good = company.admin.get(address)[1]
    assert (good["intact"], good["complete"], good["broken_at"], good["reason"]) == (True, True, None, None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_log SET actor = 'x' WHERE seq = 2 AND workspace_id = %s", [company.workspace.pk])
    bad = company.admin.get(address)[1]
    assert (bad["intact"], bad["broken_at"]) == (False, 2)
    assert "was changed" in bad["reason"]
    assert "The log was tampered with." in page_of(company).content.decode()


def test_the_page_checks_the_newest_and_on_request_all(company: Company) -> None:
    note(company, 150)
    text = page_of(company).content.decode()
    assert "The newest 100 of" in text
    assert "Check them all" in text
    assert "entries checked." in page_of(company, query="?check=all").content.decode()
    assert "Check them all" not in page_of(company, query="?check=all").content.decode()


def test_what_a_page_shows_of_an_entry_is_text(company: Company) -> None:
    note(company, 1, "<script>alert(1)</script>")
    text = page_of(company).content.decode()
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text
