"""A workspace enables plugins, moves between versions, puts updates off, takes plugins out and reviews them."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from automatos.tests.queries import asked
from marketplace.models import AssignedPlugin, EnabledPlugin, Entry, Plugin
from marketplace.tests.desk_kit import Desk, archive, package, signed_in
from workspaces.models import Role

pytestmark = pytest.mark.django_db
Json = dict[str, Any]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def own(desk: Desk, plugin_id: str = "") -> str:
    return f"/api/workspaces/{desk.workspace.pk}/plugins" + (f"/{plugin_id}" if plugin_id else "")


def enabled(desk: Desk, slug: str = "", **more: str) -> Json:
    """A plugin that was approved and enabled."""
    body = desk.approved(package(slug or f"plug-{uuid4().hex[:6]}", **more))
    status, answer = desk.admin.post(own(desk), {"plugin_id": body["plugin_id"]})
    assert status == 201, answer
    return body


def test_only_an_approved_plugin_is_enabled_and_only_once(desk: Desk) -> None:
    body = enabled(desk)
    status, again = desk.admin.post(own(desk), {"plugin_id": body["plugin_id"]})
    assert (status, again["error"]["code"]) == (409, "enabled")
    waiting = desk.scanned(package())
    for plugin_id in (waiting["plugin_id"], str(uuid4())):
        assert desk.admin.post(own(desk), {"plugin_id": plugin_id})[0] == 404
    other = desk.approved(package())
    assert desk.admin.post(own(desk), {"plugin_id": other["plugin_id"], "version": "9.9.9"})[0] == 404
    assert desk.admin.post(own(desk), {"plugin_id": other["plugin_id"], "version": "1\x00"})[0] in (400, 404)
    gone = desk.approved(package())
    assert desk.decide(gone["id"], "deactivate", "It is to go away.")[0] == 200
    assert desk.admin.post(own(desk), {"plugin_id": gone["plugin_id"]})[0] == 404


def test_enabling_takes_an_admin_of_this_workspace(desk: Desk) -> None:
    body = desk.approved(package())
    sent = {"plugin_id": body["plugin_id"]}
    assert desk.editor.post(own(desk), sent)[0] == 403
    assert desk.outsider.post(own(desk), sent)[0] == 404
    assert desk.anonymous.post(own(desk), sent)[0] == 401
    assert not EnabledPlugin.objects.filter(workspace=desk.workspace).exists()
    assert desk.viewer.get(own(desk))[1]["total"] == 0


def test_installs_are_counted_and_go_down_again(desk: Desk) -> None:
    body = enabled(desk)
    other = Desk()
    assert other.admin.post(own(other), {"plugin_id": body["plugin_id"]})[0] == 201
    plugin = Plugin.objects.get(pk=body["plugin_id"])
    assert (plugin.installs, Entry.objects.get(object_id=plugin.pk).installs) == (2, 2)
    assert desk.admin.delete(own(desk, body["plugin_id"]))[0] == 200
    assert Entry.objects.get(object_id=plugin.pk).installs == 1
    assert desk.decide(body["id"], "deactivate", "It is to go away.")[0] == 200
    plugin.refresh_from_db()
    assert plugin.installs == 0


def test_a_workspace_stays_on_its_version_and_sees_what_another_changes(desk: Desk) -> None:
    slug = f"pinned-{uuid4().hex[:6]}"
    body = enabled(desk, slug)
    desk.approved(package(slug, "1.1.0", what="write tests and deploy"))
    status, found = desk.viewer.get(own(desk, body["plugin_id"]))
    assert (status, found["version"], found["newest_version"]) == (200, "1.0.0", "1.1.0")
    status, change = desk.viewer.get(f"{own(desk, body['plugin_id'])}/versions/1.1.0/difference")
    assert status == 200
    assert {"path": "SKILL.md", "kind": "changed"} in change["files"]
    assert desk.editor.patch(own(desk, body["plugin_id"]), {"version": "1.1.0"})[0] == 403
    status, moved = desk.admin.patch(own(desk, body["plugin_id"]), {"version": "1.1.0"})
    assert (status, moved["version"], moved["earlier_version"], moved["newest_version"]) == (200, "1.1.0", "1.0.0", "")
    status, back = desk.admin.patch(own(desk, body["plugin_id"]), {"version": "1.0.0"})
    assert (status, back["version"], back["newest_version"]) == (200, "1.0.0", "1.1.0")
    assert desk.admin.patch(own(desk, body["plugin_id"]), {"version": "7.0.0"})[0] == 404


def test_an_update_of_many_lines_is_shown_file_by_file(desk: Desk) -> None:
    slug = f"long-{uuid4().hex[:6]}"
    enabled(desk, slug)
    long = {f"notes{number}__md": "\n".join(f"row {number}.{line}" for line in range(900)) for number in range(3)}
    desk.approved(package(slug, "1.1.0", **long))
    path = f"/w/{desk.workspace.slug}/marketplace/plugins/{slug}/update/?to=1.1.0"
    client = signed_in(desk.people[Role.VIEWER])
    page = client.get(path).content.decode()
    assert ["row 0.899<" in page, "row 1.0<" in page, page.count("Show the lines of this file")] == [True, False, 2]
    assert page.count("+900</span>") == 3
    page = client.get(f"{path}&file=notes2.md").content.decode()
    assert "row 2.899<" in page


def test_an_update_is_put_off(desk: Desk) -> None:
    slug = f"later-{uuid4().hex[:6]}"
    body = enabled(desk, slug)
    desk.approved(package(slug, "1.1.0"))
    admin = signed_in(desk.people[Role.ADMIN])
    root = f"/w/{desk.workspace.slug}/"
    assert b"1 update waits" in admin.get(root).content
    status, refused = desk.admin.patch(own(desk, body["plugin_id"]), {"version": "1.1.0", "put_off_days": 5})
    assert status == 400
    assert "days" in refused["error"]["fields"]
    answer = admin.post(f"{root}marketplace/plugins/{slug}/update/", {"version": "1.1.0", "do": "put_off", "days": "7"})
    assert answer.status_code == 302
    status, found = desk.viewer.get(own(desk, body["plugin_id"]))
    assert (found["put_off"], found["version"]) == ("1.1.0", "1.0.0")
    assert found["put_off_until"]
    assert b"update waits" not in admin.get(root).content
    assert b"You put it off" in admin.get(f"{root}marketplace/plugins/{slug}/").content


def test_taking_it_out_takes_it_from_the_agents_and_says_of_how_many(desk: Desk) -> None:
    body = enabled(desk)
    agents = [desk.agent()["id"] for _ in range(2)]
    for agent in agents:
        AssignedPlugin.objects.create(workspace=desk.workspace, agent_id=UUID(agent), plugin_id=UUID(body["plugin_id"]))
    assert desk.editor.delete(own(desk, body["plugin_id"]))[0] == 403
    assert desk.admin.delete(own(desk, body["plugin_id"])) == (200, {"agents": 2})
    assert desk.admin.delete(own(desk, body["plugin_id"]))[0] == 404
    assert not AssignedPlugin.objects.filter(workspace=desk.workspace).exists()


def test_a_block_is_shown_and_a_deactivation_takes_it_away(desk: Desk) -> None:
    body = enabled(desk)
    assert desk.decide(body["id"], "block", "It sends secrets away.")[0] == 200
    status, found = desk.viewer.get(own(desk, body["plugin_id"]))
    assert (status, found["status"]) == (200, "blocked")
    page = signed_in(desk.people[Role.VIEWER]).get(f"/w/{desk.workspace.slug}/marketplace/plugins/{body['slug']}/")
    html = page.content.decode()
    assert page.status_code == 200
    assert "blocked everywhere" in html
    assert "It sends secrets away." in html
    assert "Do it in small steps" not in html  # its text is not to be read any more
    other = enabled(desk)
    assert desk.decide(other["id"], "deactivate", "It is to go away.")[0] == 200
    assert desk.viewer.get(own(desk, other["plugin_id"]))[0] == 404


def test_only_workspaces_that_have_it_review_it(desk: Desk) -> None:
    body = enabled(desk)
    path = f"/api/marketplace/plugins/{body['plugin_id']}/reviews"
    status, made = desk.editor.put(path, {"stars": 4, "text": "It helps."})
    assert (status, made["stars"], made["workspace_name"]) == (200, 4, desk.workspace.name)
    assert desk.editor.put(path, {"stars": 5})[0] == 200
    other = Desk()
    status, refused = other.editor.put(path, {"stars": 1})
    assert (status, refused["error"]["code"]) == (409, "not_enabled")
    status, read = other.viewer.get(path)
    assert (status, read["total"], read["items"][0]["stars"]) == (200, 1, 5)
    assert desk.viewer.put(path, {"stars": 1})[0] == 403
    for wrong in ({"stars": 0}, {"stars": 6}, {"stars": 3, "text": "x" * 3000}, {"stars": 3, "text": "a\x00"}, {}):
        assert desk.editor.put(path, wrong)[0] == 400, wrong
    entry = Entry.objects.get(object_id=body["plugin_id"])
    assert (entry.rating, entry.rating_count) == (5.0, 1)
    assert desk.editor.delete(path)[0] == 204
    assert desk.editor.delete(path)[0] == 404
    entry.refresh_from_db()
    assert (entry.rating, entry.rating_count) == (0.0, 0)


def test_a_workspace_that_took_a_plugin_out_takes_its_review_back_and_so_does_a_moderator(desk: Desk) -> None:
    for who in ("workspace", "moderator"):
        body = enabled(desk)
        path = f"/api/marketplace/plugins/{body['plugin_id']}/reviews"
        review = desk.editor.put(path, {"stars": 1, "text": "It broke."})[1]["id"]
        assert desk.admin.delete(own(desk, body["plugin_id"]))[0] in (200, 204)
        client = signed_in(desk.people[Role.EDITOR])
        root = f"/w/{desk.workspace.slug}/marketplace/plugins/{body['slug']}/"
        html = client.get(root).content.decode()
        assert ("Take it back" in html, "Publish as" in html) == (True, False)
        if who == "workspace":
            client.post(f"{root}review/", {"do": "remove"})
        else:
            away = f"/admin/moderation/reviews/{review}/"
            assert desk.desk.post(away, {"tab": "plugins", "reason": "It is about another one."}).status_code == 302
        assert "Take it back" not in client.get(root).content.decode()
        assert Entry.objects.get(object_id=body["plugin_id"]).rating_count == 0


def test_the_page_shows_permissions_files_scan_and_versions(desk: Desk) -> None:
    slug = f"page-{uuid4().hex[:6]}"
    changes = "# Changelog\n\n## 1.1.0\n- Faster now\n\n## 1.0.0\n- First\n"
    desk.approved(package(slug, CHANGELOG__md=changes))
    desk.approved(package(slug, "1.1.0", CHANGELOG__md=changes))
    client = signed_in(desk.people[Role.VIEWER])
    root = f"/w/{desk.workspace.slug}/marketplace/plugins/{slug}/"
    html = client.get(root).content.decode()
    for told in (
        "Do it in small steps",
        "Faster now",
        "Plugin 1.1.0",
        "Admins can enable plugins",
        "It asks for nothing",
    ):
        assert told in html, told
    assert "First" in client.get(f"{root}?version=1.0.0&file=CHANGELOG.md").content.decode()
    for query in ("version=%00", "file=%00", "file=../../etc/passwd", "version=9", f"file={'x' * 3000}"):
        assert client.get(f"{root}?{query}").status_code == 200, query
    assert client.get(f"/w/{desk.workspace.slug}/marketplace/plugins/no-such/").status_code == 404
    assert client.post(f"{root}enable/").status_code == 403


def test_pages_say_what_is_asked_for_and_what_an_update_adds(desk: Desk) -> None:
    slug = f"asks-{uuid4().hex[:6]}"
    enabled(desk, slug)
    hook = {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "bash run.sh $GITHUB_TOKEN"}]}]}
    manifest = json.dumps({"name": slug, "version": "1.1.0", "description": "Watches."})
    skill = "---\nname: watch\ndescription: Watches.\nallowed-tools: web_fetch\n---\nWatch."
    files = {
        ".claude-plugin/plugin.json": manifest,
        "skills/watch/SKILL.md": skill,
        "hooks/hooks.json": json.dumps({"hooks": hook}),
    }
    desk.approved(archive(files))
    client = signed_in(desk.people[Role.ADMIN])
    root = f"/w/{desk.workspace.slug}/marketplace/plugins/{slug}/"
    page, update = (client.get(f"{root}{under}") for under in ("?version=1.1.0", "update/?to=1.1.0"))
    assert (page.status_code, update.status_code) == (200, 200)
    for html in (page.content.decode(), update.content.decode()):
        for told in ("Uses the tool web_fetch", "Reads GITHUB_TOKEN", "Nothing of a package runs here"):
            assert told in html, told
    assert "Hook on PreToolUse" in page.content.decode()
    for told in ("1 tool", "By accepting you agree to", "skills/watch/SKILL.md", "1.1.0 asks for what 1.0.0 does not"):
        assert told in update.content.decode(), told


def test_pages_enable_give_and_take_out(desk: Desk) -> None:
    slug = f"form-{uuid4().hex[:6]}"
    body = desk.approved(package(slug))
    first, second = desk.agent()["id"], desk.agent(name="Scout")["id"]
    admin = signed_in(desk.people[Role.ADMIN])
    root = f"/w/{desk.workspace.slug}/marketplace/plugins/{slug}/"
    answer = admin.post(f"{root}enable/", {"version": "1.0.0", "agent": [first, str(uuid4())]}, follow=True)
    assert "is enabled. 1 agent has it." in answer.content.decode()
    assert [str(row.agent_id) for row in AssignedPlugin.objects.filter(plugin_id=body["plugin_id"])] == [first]
    editor = signed_in(desk.people[Role.EDITOR])
    assert editor.post(f"{root}agents/", {"agent": [second]}).status_code == 302
    assert [str(row.agent_id) for row in AssignedPlugin.objects.filter(plugin_id=body["plugin_id"])] == [second]
    assert "Scout" in admin.get(f"{root}disable/").content.decode()
    answer = admin.post(f"{root}disable/", follow=True)
    assert "1 agent lost it." in answer.content.decode()
    assert admin.get(f"{root}disable/").status_code == 404


def test_what_agents_of_a_plugin_come_to_is_asked_once_for_all_of_them(desk: Desk) -> None:
    """The models a workspace may use are the same for each template."""
    numbers = []
    for count in (1, 6):
        slug = f"crew-{count}-{uuid4().hex[:6]}"
        agent = "---\nname: cook-{}\ndescription: Cooks.\nmodel: sonnet\n---\nYou cook.\n"
        packed = {f"agents/cook-{one}.md": agent.format(one) for one in range(count)}
        manifest = json.dumps({"name": slug, "version": "1.0.0", "description": "Cooks."})
        body = desk.approved(archive({".claude-plugin/plugin.json": manifest, **packed}))
        assert desk.admin.post(own(desk), {"plugin_id": body["plugin_id"]})[0] == 201
        with asked() as found:
            assert desk.admin.get(f"{own(desk, body['plugin_id'])}/agents")[1]["total"] == count
        numbers.append(len(found))
    assert numbers[0] == numbers[1]


def test_servers_of_a_plugin_are_proposed_and_hooks_shown(desk: Desk, settings: Any) -> None:
    slug = f"serving-{uuid4().hex[:6]}"
    servers = {
        "Issue Tracker": {"type": "http", "url": "https://mcp.example.com/${TEAM}", "headers": {"Authorization": "x"}},
        "files": {"command": "npx", "args": ["files-server"]},
    }
    hooks = {"PreToolUse": [{"matcher": "Write", "hooks": [{"type": "ask", "text": "Sure?"}]}]}
    hooks["Stop"] = [{"hooks": [{"type": "command", "command": "say done"}]}]
    files = {".mcp__json": json.dumps({"mcpServers": servers}), "hooks/hooks__json": json.dumps({"hooks": hooks})}
    manifest = json.dumps({"name": slug, "version": "1.0.0", "description": "Serves."})
    packed = {".claude-plugin/plugin.json": manifest, **{path.replace("__", "."): body for path, body in files.items()}}
    body = desk.approved(archive(packed))
    admin, root = signed_in(desk.people[Role.ADMIN]), f"/w/{desk.workspace.slug}/"
    page = f"{root}marketplace/plugins/{slug}/"
    assert b"Enable the plugin to add them" in admin.get(page).content
    assert desk.admin.post(own(desk), {"plugin_id": body["plugin_id"]})[0] == 201
    shown = admin.get(page).content.decode()
    assert "When before a tool is used, tools <code>Write</code>: has a person decide." in shown
    assert "Hook on Stop" in shown
    assert "It starts a program, and nothing of a package runs here." in shown
    assert "lists such programs in MCP_COMMANDS" in shown
    assert "It wants: Authorization, ${TEAM}" in shown
    (href,) = [part.split('"')[0] for part in shown.split('href="')[1:] if "mcp-servers/add/?" in part]
    form = admin.get(href.replace("&amp;", "&")).content.decode()
    assert f"The plugin <strong>{slug}</strong> proposes this server" in form
    assert 'value="issue-tracker"' in form
    assert 'value="https://mcp.example.com/${TEAM}"' in form
    settings.MCP_COMMANDS = {"local-files": "npx files-server"}
    shown = admin.get(page).content.decode()
    (href,) = [part.split('"')[0] for part in shown.split('href="')[1:] if "transport=stdio" in part]
    form = admin.get(href.replace("&amp;", "&")).content.decode()
    assert '<option value="stdio" selected>' in form
    assert '<option value="local-files" selected>' in form
    assert desk.admin.get("/api/mcp-servers")[1]["total"] == 0, "nothing was added by itself"
    status, found = desk.admin.put(f"{own(desk, body['plugin_id'])}/hooks", {"allows_calls": True})
    assert (status, found["error"]["code"]) == (409, "no_calls")
