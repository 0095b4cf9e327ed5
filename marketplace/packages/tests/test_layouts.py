"""Every layout becomes the one model; what is not as it should be is said and read all the same."""

import json
from typing import Any

import pytest

from marketplace.packages.package import PackageFile, as_json, from_json
from marketplace.packages.reading import read_package
from marketplace.packages.tests.kit import MANIFEST, SKILL, Files, one, plain, plugin, read, refused, warned


def manifest(**more: Any) -> dict[str, str | bytes]:
    return {"manifest.json": json.dumps({**MANIFEST, **more}), "SKILL.md": SKILL}


def catalogue(*plugins: Any, **more: Any) -> str:
    return json.dumps({"name": "kitchen", "owner": {"name": "Cook"}, "plugins": plugins, **more})


def test_a_manifest_package_is_read() -> None:
    told = {
        "description": "Work with PDF.", "long_description": "# Long", "author": "Ann <ann@example.org> (https://ann.example)",
        "license": "MIT", "tags": ["pdf", "forms"], "recommended_models": ["gpt-5"], "token_estimate": 900,
        "tools": [{"name": "fill", "description": "Fill in."}],
        "contents": {"skills": ["extra/SKILL.md"], "commands": ["prompts/fill.md"], "agents": [], "hooks": ["on.json"]},
    }  # fmt: skip
    files = {
        **manifest(**told),
        "extra/SKILL.md": plain("extra"),
        "prompts/fill.md": plain("x", body="Fill $ARGUMENTS"),
        "commands/check.md": "Check it.",
        "agents/team/clerk.md": plain("clerk"),
        "on.json": json.dumps({"hooks": {"Stop": [{"hooks": [{"type": "prompt", "prompt": "Done?", "timeout": 5}]}]}}),
    }
    package = one(files)
    assert (package.layout, package.slug, package.name, package.version) == (
        "manifest",
        "pdf-tools",
        "PDF tools",
        "1.2.0",
    )
    assert (package.author, package.author_email, package.author_url) == (
        "Ann",
        "ann@example.org",
        "https://ann.example",
    )
    assert (package.tags, package.recommended_models, package.token_estimate) == (("pdf", "forms"), ("gpt-5",), 900)
    assert [skill.name for skill in package.skills] == ["pdf", "extra"]
    assert [(command.name, command.body.strip()) for command in package.commands] == [
        ("check", "Check it."), ("fill", "Fill $ARGUMENTS"),
    ]  # fmt: skip
    assert [(agent.name, agent.path) for agent in package.agents] == [("clerk", "agents/team/clerk.md")]
    assert [(hook.event, hook.kind, hook.action, hook.timeout) for hook in package.hooks] == [
        ("Stop", "prompt", "Done?", 5)
    ]
    assert [(tool.name, tool.description) for tool in package.tools] == [("fill", "Fill in.")]
    assert package.warnings == ()


@pytest.mark.parametrize(
    ("files", "code", "entry", "said"),
    [
        ({"manifest.json": '{"slug": "x", "version": "1"}'}, "missing_field", "manifest.json", "lacks name"),
        ({"manifest.json": "{", "SKILL.md": SKILL}, "bad_json", "manifest.json", "line 1"),
        ({"manifest.json": "[]", "SKILL.md": SKILL}, "not_an_object", "manifest.json", "object"),
        ({"manifest.json": b'{"slug": "\xff"}', "SKILL.md": SKILL}, "not_utf8", "manifest.json", "byte 10"),
        ({"manifest.json": b'{"slug":\x00 "x"}', "SKILL.md": SKILL}, "zero_bytes", "manifest.json", "zero bytes"),
        ({"manifest.json": "[" * 50_000, "SKILL.md": SKILL}, "json_bomb", "manifest.json", "nested deeper"),
        ({"manifest.json": json.dumps({**MANIFEST, "x": [0] * 30_000})}, "json_bomb", "manifest.json", "20,000 values"),
        ({"manifest.json": '{"slug": ' + "1" * 5_000 + "}"}, "json_bomb", "manifest.json", "digits"),
        ({**manifest(contents=["x"])}, "contents", "manifest.json", "object of lists"),
        ({**manifest(slug="???")}, "bad_field", "manifest.json", "lowercase letters"),
        ({**manifest(slug="A b")}, "bad_field", "manifest.json", "lowercase letters"),
        ({**manifest(version=1)}, "bad_field", "manifest.json", "such as 1.2.0"),
        ({**manifest(version="new")}, "bad_field", "manifest.json", "such as 1.2.0"),
        ({**manifest(name=" ")}, "missing_field", "manifest.json", "lacks name"),
        ({**manifest(description="\0")}, "zero_bytes", "manifest.json", "zero byte"),
        ({**manifest(description="\ud800")}, "not_utf8", "manifest.json", "half a character"),
        ({**manifest(contents={"skills": ["../x"]})}, "unsafe_path", "manifest.json", "leads out"),
        ({"manifest.json": '{"slug": "x", "slug": "y"}'}, "bad_json", "manifest.json", "twice"),
        ({"manifest.json": '{"slug": NaN}'}, "bad_json", "manifest.json", "NaN"),
        (plugin({"name": ""}), "missing_field", ".claude-plugin/plugin.json", "no `name`"),
        (plugin({"name": "../x"}), "bad_name", ".claude-plugin/plugin.json", "characters no name"),
        (plugin({"name": "x\u202ey"}), "bad_name", ".claude-plugin/plugin.json", "hidden ones"),
        (plugin({"commands": "/etc"}), "unsafe_path", ".claude-plugin/plugin.json", "leads out"),
        ({"SKILL.md": '---\nname: "a\\0"\n---\nText'}, "zero_bytes", "SKILL.md", "zero byte"),
        ({"SKILL.md": f"---\nname: {'x ' * 20_000}\n---\nText"}, "yaml_bomb", "SKILL.md", "longer than"),
        ({"SKILL.md": b"---\nname: x\xff\n---\nText"}, "not_utf8", "SKILL.md", "byte 11"),
        ({"SKILL.md": b"---\nname: x\x00\n---\nText"}, "zero_bytes", "SKILL.md", "zero bytes"),
        ({"SKILL.md": ""}, "no_usable_skill", "SKILL.md", "no description"),
        ({"README.md": "Hello", "src/app.py": "x"}, "no_package", "", "no package"),
        ({"SKILL.md": "".join(f"{number} " for number in range(60_000))}, "text_too_large", "SKILL.md", "262,144"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_place(files: Files, code: str, entry: str, said: str) -> None:
    refusal = refused(files)
    assert (refusal.code, refusal.entry) == (code, entry)
    assert said in refusal.sentence


def test_a_yaml_bomb_is_refused() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in zip("abcdefg", "bcdefgh", strict=True)]
    for path in ("SKILL.md", "commands/x.md", "agents/x.md"):
        bomb = "---\n" + "\n".join(lines) + "\n---\nText"
        refusal = refused({**plugin(), path: bomb})
        assert (refusal.code, refusal.entry) == ("yaml_bomb", path)


def test_a_claude_code_plugin_is_read_with_every_kind_of_part() -> None:
    told = {
        "version": "0.3", "description": "Demo.", "author": {"name": "Ann", "url": "javascript:x"}, "keywords": ["a"],
        "homepage": "https://ann.example/demo", "userConfig": {"token": {"sensitive": True}, "place": {}},
        "dependencies": ["base", {"name": "more", "version": "^1"}], "surprise": 1,
    }  # fmt: skip
    hook = {"matcher": "Bash", "hooks": [{"type": "command", "command": "${CLAUDE_PLUGIN_ROOT}/x.sh $API_TOKEN"}]}
    servers = {
        "files": {"command": "npx", "args": ["-y", "files"], "env": {"KEY": "${FILES_KEY}"}},
        "web": {"type": "http", "url": "https://mcp.example/x", "headers": {"Authorization": "Bearer ${WEB_TOKEN}"}},
    }
    files = plugin(
        told,
        **{
            "skills/pdf/SKILL.md": SKILL, "skills/pdf/forms.md": "F", "skills/deep/er/SKILL.md": plain("deeper"),
            "commands/fill.md": "---\nargument-hint: [file]\nallowed-tools: Bash(git *), Read\n---\nFill !`ls` $1",
            "agents/clerk.md": "---\nname: clerk\ndescription: d\ntools: Read, Grep\nhooks: {}\n---\nYou are a clerk.",
            "hooks/hooks.json": json.dumps({"description": "d", "hooks": {"PreToolUse": [hook], "Odd": []}}),
            ".mcp.json": json.dumps({"mcpServers": servers}), "bin/run": "#!/bin/sh", ".lsp.json": "{}",
        },
    )  # fmt: skip
    package = one(files)
    counts = {"skills": 1, "commands": 1, "agents": 1, "hooks": 1, "mcp_servers": 2, "tools": 0}
    assert (package.layout, package.slug, package.version, package.counts) == ("claude_plugin", "demo", "0.3", counts)
    assert package.skills[0].files == ("skills/pdf/forms.md",)
    assert (package.commands[0].argument_hint, package.commands[0].allowed_tools) == ("[file]", ("Bash(git *)", "Read"))
    assert [(server.name, server.transport) for server in package.mcp_servers] == [("files", "stdio"), ("web", "http")]
    assert [part.path for part in package.parts] == ["bin/run", ".lsp.json"]
    assert {(permission.kind, permission.value) for permission in package.permissions} == {
        ("tool", "Bash(git *)"), ("tool", "Read"), ("tool", "Grep"), ("command", "npx -y files"),
        ("host", "mcp.example"),
        ("command", "${CLAUDE_PLUGIN_ROOT}/x.sh $API_TOKEN"), ("environment", "API_TOKEN"), ("environment", "KEY"),
        ("environment", "FILES_KEY"), ("environment", "WEB_TOKEN"), ("executable", "bin/run"),
        ("secret_setting", "token"), ("user_setting", "place"), ("dependency", "base"), ("dependency", "more ^1"),
    }  # fmt: skip
    assert warned(package) == {
        "unknown_field", "inert_shell", "agent_rights", "unknown_event", "inert_part", "unread_skill", "address",
    }  # fmt: skip


def test_paths_of_a_manifest_add_to_or_replace_the_default_folders() -> None:
    inline = {"mine": {"content": "Do $1", "description": "Mine"}, "filed": {"source": "./more/filed.md"}, "none": {}}
    handler = {"type": "command", "command": "x"}
    files = {
        "skills/a/SKILL.md": plain("a"), "more/b/SKILL.md": plain("b"), "more/filed.md": "Filed.",
        "commands/old.md": "Old.", "agents/old.md": plain("old"), "team/new.md": plain("new"),
        "more.json": json.dumps({"x": {"url": "https://x.example/sse", "type": "sse"}}),
    }  # fmt: skip
    told = {
        "skills": ["./more/", "./absent"], "commands": inline, "agents": "./team/new.md",
        "mcpServers": ["./more.json", {"y": {"command": "y"}}, "./z.mcpb"], "hooks": {"Stop": [{"hooks": [handler]}]},
    }  # fmt: skip
    package = one(plugin(told, **files))
    assert [skill.name for skill in package.skills] == ["a", "b"]
    assert [(command.name, command.body) for command in package.commands] == [("mine", "Do $1"), ("filed", "Filed.")]
    assert [agent.name for agent in package.agents] == ["new"]
    assert [server.name for server in package.mcp_servers] == ["x", "y", "z"]
    assert [hook.event for hook in package.hooks] == ["Stop"]
    assert warned(package) == {"missing_file", "command_left_out"}


def test_a_plugin_needs_no_manifest() -> None:
    package = one({"kit/commands/fill.md": "Fill.", "kit/.mcp.json": json.dumps({"x": {"command": "x"}})}, "any.zip")
    assert (package.layout, package.slug, len(package.commands), len(package.mcp_servers)) == (
        "claude_plugin",
        "kit",
        1,
        1,
    )
    alone = one({**plugin(), "SKILL.md": SKILL, "agents/x.md": plain("x")})
    assert (len(alone.skills), len(alone.agents)) == (1, 1)


def test_skills_are_packages_alone_and_together() -> None:
    head = "---\nname: pdf\ndescription: d\nlicense: MIT\nmetadata: {version: '2.0', author: Ann}\n---\nText"
    package = one({"pdf/SKILL.md": head, "pdf/agents/grader.md": "Part of the skill."})
    assert (package.layout, package.slug, package.version, package.author) == ("skill", "pdf", "2.0", "Ann")
    assert (package.agents, package.skills[0].files) == ((), ("agents/grader.md",))
    both = one(
        {"a/SKILL.md": plain("a"), "b/c/SKILL.md": plain("c"), "b/c/x.md": "x", "README.md": "# R"}, "my-skills.zip"
    )
    assert (both.layout, both.slug, both.long_description) == ("skills", "my-skills", "# R")
    assert [(skill.name, skill.files) for skill in both.skills] == [("a", ()), ("c", ("b/c/x.md",))]
    assert one(SKILL.encode(), "SKILL.md").slug == "pdf"


def test_a_collection_too_large_for_one_package_is_one_for_each_skill() -> None:
    files = {f"all/{name}/{number}.md": "x" for name in ("a", "b/c") for number in range(300)}
    heads = {f"all/{name}/SKILL.md": plain(name[-1]) for name in ("a", "b/c", "b/c/inner")}
    packed = [PackageFile(path, data.encode()) for path, data in {**files, **heads}.items()]
    reading = read_package(packed)
    found = [(package.slug, package.root, len(package.skills)) for package in reading]
    assert found == [("a", "a", 1), ("c", "b/c", 1)]


def test_a_manifest_of_another_program_is_no_manifest() -> None:
    extension = {"manifest_version": 3, "name": "x", "version": "1"}
    for other in (extension, {"name": "x", "version": "1", "ports": {}, "install": [], "x": 1}):
        package = one({"manifest.json": json.dumps(other), "SKILL.md": SKILL})
        assert (package.layout, warned(package)) == ("skill", {"foreign_manifest"})


def test_a_marketplace_yields_several_packages_and_a_bad_entry_sinks_no_other() -> None:
    entries = (
        {"name": "alpha", "source": "./plugins/alpha", "category": "testing", "version": "1"},
        {
            "name": "beta",
            "source": "./plugins/beta",
            "commands": ["./extra/x.md"],
            "description": "From the catalogue.",
        },
        {"name": "far", "source": {"source": "github", "repo": "a/b", "sha": "1" * 40}},
        {"name": "gone", "source": "./plugins/gone"},
        {"name": "out", "source": "../other"},
        {"name": "broken", "source": "./plugins/broken"},
        {"source": "./x"},
    )
    reading = read(
        {
            ".claude-plugin/marketplace.json": catalogue(*entries),
            "plugins/alpha/.claude-plugin/plugin.json": json.dumps({"name": "alpha", "version": "2"}),
            "plugins/alpha/skills/a/SKILL.md": plain("a"),
            "plugins/beta/extra/x.md": "X.",
            "plugins/broken/.claude-plugin/plugin.json": "{",
        }
    )
    assert [(p.slug, p.version, p.category, p.marketplace, p.root) for p in reading.packages] == [
        ("alpha", "2", "testing", "kitchen", "plugins/alpha"),
        ("beta", "", "", "kitchen", "plugins/beta"),
    ]
    assert (reading.packages[1].description, len(reading.packages[1].commands)) == ("From the catalogue.", 1)
    assert [refusal.code for refusal in reading.refusals] == [
        "missing_folder", "unsafe_path", "catalogue_entry", "bad_json",
    ]  # fmt: skip
    assert dict(reading.elsewhere) == {"far": f"github a/b {'1' * 40}"}


def test_plugins_that_share_the_top_get_their_own_parts() -> None:
    listed = {"source": "./", "strict": False}
    first = {"name": "first", **listed, "skills": ["./skills/a"]}
    reading = read(
        {
            ".claude-plugin/marketplace.json": catalogue(first, {"name": "second", **listed, "skills": ["./skills/b"]}),
            "skills/a/SKILL.md": plain("a"),
            "skills/b/SKILL.md": plain("b"),
            "LICENSE": "MIT",
            "other.py": "x",
        }
    )
    assert [[skill.name for skill in package.skills] for package in reading.packages] == [["a"], ["b"]]
    assert [file.path for file in reading.packages[1].files] == ["LICENSE", "skills/b/SKILL.md"]


def test_what_real_authors_get_wrong_is_read_with_a_warning_each() -> None:
    files = plugin(
        {"name": "My Plugin!", "description": "d" * 1_500, "version": 2, "keywords": "x", "homepage": "a.b"},
        **{
            "skills/x/SKILL.md": "---\nname: x\ndescription: Use it: always, when [asked\n---\nText",
            "commands/c.md": "---\ndescription: a: b: c\nodd: 1\n---\nC\u200b.", "agents/a.md": "You are an agent.",
            ".github/x.yml": "x", "run.sh": "\ufeff#!/bin/sh", "big.bin": b"\x7fELF" + bytes(100),
        },
    )  # fmt: skip
    files["hooks/hooks.json"] = json.dumps({"hooks": {"Stop": "x", "PreToolUse": [1]}})
    package = one(files)
    assert (package.slug, package.version, package.homepage, len(package.description)) == ("my-plugin", "2", "", 1_024)
    assert package.skills[0].description == "Use it: always, when [asked"
    assert (package.commands[0].description, package.commands[0].body) == ("a: b: c", "C.")
    assert warned(package) == {
        "name", "long_description", "wrong_kind", "address", "skill", "front_matter", "unknown_field", "no_name",
        "invisible_characters", "hidden_files", "executables", "hooks",
    }  # fmt: skip


def test_a_package_can_be_kept_as_json() -> None:
    package = one({**manifest(tools=[{"name": "fill"}]), "commands/x.md": plain("x")})
    kept = json.loads(json.dumps(as_json(package)))
    assert from_json(kept, package.files) == package
    assert from_json({**kept, "coming": 1}).skills == package.skills
    renamed = one({**manifest(tools=[{"name": "fill"}]), "commands/y.md": plain("x")})
    assert len({package.digest, renamed.digest, from_json(kept, package.files).digest}) == 2
