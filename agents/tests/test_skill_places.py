"""Where skills may come from: a folder of a repository, a private one; and what stands there beside skills."""

import base64
import json
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from agents.models import SkillSource
from agents.tests.git_kit import GitServer, backend, git_server
from agents.tests.page_kit import signed_in
from agents.tests.skill_kit import FILES, Kitchen, skill
from agents.tests.test_api_documents import zip_of
from workspaces.credentials.types import seed_credential_types
from workspaces.models import AuditEntry, Credential, Role

pytestmark = pytest.mark.django_db

WORD = "s3cret-of-the-kitchen"
PLUGIN = {
    "plugins/office/skills/letters/SKILL.md": skill("letters", "Write letters."),
    "plugins/office/skills/letters/agents/tone.md": "A file of the skill.",
    "plugins/office/.claude-plugin/plugin.json": json.dumps({"name": "office", "mcpServers": {"files": {}}}),
    "plugins/office/commands/send.md": "Send it.",
    "plugins/office/commands/post/stamp.md": "Stamp it.",
    "plugins/office/commands/README.md": "About these.",
    "plugins/office/agents/clerk.md": "You are a clerk.",
    "plugins/office/hooks/hooks.json": "{}",
    "plugins/office/.mcp.json": json.dumps({"mcpServers": {"mail": {}, "print\u202eer": {}}}),
    "plugins/desk/.mcp.json": "not json",
    ".claude/settings.json": json.dumps({"hooks": {"Stop": []}}),
    "skills/pdf/SKILL.md": skill("pdf", "Fill in PDF forms."),
}
BESIDE = [
    {"kind": "command", "names": ["post/stamp", "send"], "count": 2},
    {"kind": "agent", "names": ["clerk"], "count": 1},
    {"kind": "hook", "names": ["plugins/office/hooks/hooks.json", ".claude/settings.json"], "count": 2},
    {"kind": "mcp_server", "count": 4},
    {"kind": "plugin", "names": ["plugins/office/.claude-plugin/plugin.json"], "count": 1},
]


@pytest.fixture
def kitchen(server: GitServer, settings: Any) -> Kitchen:
    seed_credential_types()
    return Kitchen(server, settings)


def closed(server: GitServer) -> list[str]:
    """The server gives its repositories to who knows the word; what was sent as Authorization."""
    sent: list[str] = []
    expected = "Basic " + base64.b64encode(f"cook:{WORD}".encode()).decode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        sent.append(handler.headers.get("Authorization", ""))
        if sent[-1] == expected:
            backend(handler, server.root)
            return
        handler.send_response(401)
        handler.send_header("WWW-Authenticate", 'Basic realm="kitchen"')
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.answers["/"] = answer
    return sent


def credential(kitchen: Kitchen, password: str = WORD, hosts: str = "") -> str:
    fields = {"username": "cook", "password": password, "hosts": hosts or f"localhost:{kitchen.server.port}"}
    body = {"name": f"Kitchen {password[:4]}", "type": "basic_auth", "fields": fields}
    status, row = kitchen.company.owner.post("/api/credentials", body)
    assert status == 201, row
    return str(row["id"])


def test_what_a_repository_holds_beside_skills_is_named(kitchen: Kitchen) -> None:
    kitchen.push(PLUGIN)
    source = kitchen.add()
    assert set(kitchen.skills()) == {"letters", "pdf"}
    found = {one["kind"]: one for one in source["beside"]}
    servers = found["mcp_server"].pop("names")
    assert [{**one, **found[one["kind"]]} for one in BESIDE] == list(found.values())
    assert {"mail", "files", "plugins/desk/.mcp.json"} < set(servers)
    assert not any("\u202e" in name for name in servers)


def test_an_archive_says_it_too_and_nothing_is_said_of_nothing(kitchen: Kitchen) -> None:
    editor = kitchen.company.editor
    for files, kinds in ((PLUGIN, [one["kind"] for one in BESIDE]), (FILES, [])):
        data = zip_of({path: text.encode() for path, text in files.items()})
        answer = editor.client.post(
            "/api/skill-sources", {"file": SimpleUploadedFile("a.zip", data)}, headers={"X-API-Key": editor.key}
        )
        assert answer.status_code == 201, answer.content
        assert [one["kind"] for one in answer.json()["beside"]] == kinds


def test_only_a_folder_is_taken(kitchen: Kitchen) -> None:
    kitchen.push(PLUGIN)
    source = kitchen.add(folder="/plugins/office/")
    assert (source["folder"], source["name"]) == ("plugins/office", "office")
    assert set(kitchen.skills()) == {"letters"}
    row = SkillSource.objects.get().skills.get()
    assert row.path == "skills/letters"
    # Another folder of the same repository is another source.
    assert kitchen.add(folder="skills")["skill_count"] == 1
    status, body = kitchen.company.editor.post("/api/skill-sources", {"url": kitchen.url, "folder": "skills"})
    assert (status, "this very repository" in body["error"]["fields"]["url"][0]) == (400, True)
    kitchen.push({**PLUGIN, "plugins/office/skills/letters/SKILL.md": skill("letters", "Write better letters.")})
    assert kitchen.sync(source["id"])["pending_commit"]


@pytest.mark.parametrize("folder", ["nowhere", "README.md", "skills/pdf/SKILL.md"])
def test_a_folder_that_is_not_there_says_so(kitchen: Kitchen, folder: str) -> None:
    assert "no such folder" in kitchen.add(folder=folder)["error"]


@pytest.mark.parametrize("folder", ["../other", "a/../../b", "a\\b", "a\u202eb", "x" * 301])
def test_a_folder_that_leads_out_is_refused(kitchen: Kitchen, folder: str) -> None:
    status, body = kitchen.company.editor.post("/api/skill-sources", {"url": kitchen.url, "folder": folder})
    assert (status, list(body["error"]["fields"])) == (400, ["folder"])


def test_the_address_of_a_folder_s_page_names_the_folder(kitchen: Kitchen) -> None:
    url = "https://github.com/owner/repository/tree/main/plugins/office"
    _, body = kitchen.company.editor.post("/api/skill-sources", {"url": url})
    assert "main as branch or tag and plugins/office as folder" in body["error"]["fields"]["url"][0]


def test_a_private_repository_is_opened_by_a_credential(kitchen: Kitchen) -> None:
    sent = closed(kitchen.server)
    assert "a private one needs a credential" in kitchen.add()["error"]
    wrong = credential(kitchen, "wrong-word-of-somebody")
    source_id = str(SkillSource.objects.get().pk)
    editor = kitchen.company.editor
    assert editor.patch(f"/api/skill-sources/{source_id}", {"credential_id": wrong})[1]["credential_id"] == wrong
    assert "With this credential there is no repository" in kitchen.sync(source_id)["error"]
    right = credential(kitchen)
    editor.patch(f"/api/skill-sources/{source_id}", {"credential_id": right})
    source = kitchen.sync(source_id)
    assert (source["status"], source["error"], source["skill_count"]) == ("active", "", 2)
    assert sent[-1].startswith("Basic ")
    entry = AuditEntry.objects.filter(action="credential.read").latest("seq")
    assert (entry.target_id, entry.after) == (right, {"purpose": "fetch skills"})
    assert WORD not in json.dumps(list(AuditEntry.objects.values_list("after", "before")), default=str)
    # Without it nothing is fetched, and its page names the source that would miss it.
    Credential.objects.filter(pk=right).update(deleted_at="2026-01-01T00:00:00Z")
    assert kitchen.sync(source_id)["status"] == "error"


def test_a_credential_for_another_host_or_kind_is_refused(kitchen: Kitchen) -> None:
    sent = closed(kitchen.server)
    elsewhere = credential(kitchen, hosts="git.example.org")
    _, model = kitchen.company.owner.post(
        "/api/credentials", {"name": "Model", "type": "openai", "fields": {"api_key": "sk-kitchen-0123456789"}}
    )
    nobody = "00000000-0000-4000-8000-000000000000"
    for given, said in ((elsewhere, "not for this host"), (model["id"], "no credential for HTTP"), (nobody, "no such")):
        body = {"url": kitchen.url, "credential_id": given}
        status, answer = kitchen.company.editor.post("/api/skill-sources", body)
        assert (status, said in answer["error"]["fields"]["credential_id"][0]) == (400, True), answer
    assert sent == []


def test_the_word_stands_in_no_file_and_no_list_of_processes(
    kitchen: Kitchen, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While git works, its folder and the command lines of all processes are looked at."""
    closed(kitchen.server)
    secret = base64.b64encode(f"cook:{WORD}".encode())
    seen: list[bytes] = []
    started = subprocess.Popen.__init__

    def looked(self: Any, args: Any, *more: Any, **named: Any) -> None:
        seen.append(b" ".join(str(one).encode() for one in args))
        seen.extend(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        started(self, args, *more, **named)

    monkeypatch.setattr(subprocess.Popen, "__init__", looked)
    source = kitchen.add(credential_id=credential(kitchen))
    assert (source["status"], len(seen) > 5) == ("active", True), source
    assert not [data for data in seen if secret in data or WORD.encode() in data]


def test_its_page_shows_and_takes_all_this(kitchen: Kitchen) -> None:
    kitchen.push(PLUGIN)
    closed(kitchen.server)
    given = credential(kitchen)
    owner = signed_in(kitchen.company.people[Role.OWNER])
    root = f"/w/{kitchen.company.workspace.slug}/skills"
    assert "Kitchen s3cr" in owner.get(f"{root}/new/").content.decode()
    fields = {"url": kitchen.url, "folder": "plugins/office", "credential_id": given, "every": "0"}
    assert owner.post(f"{root}/new/", {**fields, "credential_id": "nonsense"}).status_code == 422
    assert owner.post(f"{root}/new/", fields).status_code == 302
    source = kitchen.fetched(str(SkillSource.objects.get().pk))
    assert (source["folder"], source["credential_id"]) == ("plugins/office", given)
    address = owner.get(f"/w/{kitchen.company.workspace.slug}/settings/credentials/{given}/delete/").content.decode()
    assert "office" in address


def test_the_word_goes_nowhere_else(kitchen: Kitchen, tmp_path: Path) -> None:
    """A server that redirects, has no smart protocol, or names stores and submodules elsewhere learns no second use."""
    with git_server(tmp_path) as other:
        heard: list[str] = []
        other.answers["/"] = lambda handler: heard.append(handler.headers.get("Authorization", "")) or None  # type: ignore[func-returns-value]
        elsewhere = f"https://localhost:{other.port}"

        def redirected(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("Location", f"{elsewhere}{handler.path}")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        def dumb(handler: BaseHTTPRequestHandler) -> None:
            bodies = {"info/refs": f"{'1' * 40}\trefs/heads/main\n", "HEAD": "ref: refs/heads/main\n"}
            body = next((text for end, text in bodies.items() if handler.path.split("?")[0].endswith(end)), elsewhere)
            handler.send_response(200)
            handler.send_header("Content-Type", "text/plain")
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body.encode())

        given = credential(kitchen)
        for number, answer in enumerate((redirected, dumb)):
            kitchen.server.answers["/"] = answer
            source = kitchen.add(credential_id=given, folder=f"f{number}")
            assert (source["status"], WORD in json.dumps(source)) == ("error", False)
        assert heard == []


def test_odd_names_beside_skills_are_shown_or_left_out(kitchen: Kitchen) -> None:
    names: dict[str, dict[str, str]] = {"a\u0000b": {}, "half\ud800": {}, "\u202egnp.exe": {}, "x" * 5000: {}, "": {}}
    odd = {
        ".mcp.json": json.dumps({"mcpServers": names}),
        "one/.mcp.json": json.dumps({"mcpServers": [1, 2]}),
        "two/.mcp.json": "[" * 100_000,
        "three/.mcp.json": '{"mcpServers": {"n": ' + "9" * 100_000 + "}}",
        "four/.claude-plugin/plugin.json": "null",
        "commands/line\u2028feed.md": "x",
        "hooks/hooks.json": "\ufeff{}",
    }
    kitchen.push({**FILES, **odd})
    source = kitchen.add()
    assert (source["status"], source["error"]) == ("active", ""), source
    found = {one["kind"]: one for one in source["beside"]}
    said = json.dumps(found, ensure_ascii=False)
    assert not [letter for letter in ("\x00", "\u202e", "\ud800", "\u2028") if letter in said], said
    assert max(len(name) for one in found.values() for name in one["names"]) <= 120


def test_a_credential_that_is_gone_is_named_with_the_cure(kitchen: Kitchen) -> None:
    closed(kitchen.server)
    given = credential(kitchen)
    source = kitchen.add(credential_id=given)
    Credential.objects.filter(pk=given).update(deleted_at="2026-01-01T00:00:00Z")
    assert "Choose another one" in kitchen.sync(source["id"])["error"]
