"""Malformed manifests and front matters, in archives that are sound."""

import json
from collections.abc import Iterator

from marketplace.tests.corpus.malformed_archives import SKILL, good, words
from marketplace.tests.corpus.malformed_case import Expected, Kind, Malformed
from marketplace.tests.corpus.malformed_zip import Entry, archive

PLUGIN, MARKET, SERVERS = ".claude-plugin/plugin.json", ".claude-plugin/marketplace.json", ".mcp.json"
MANIFEST, HOOKS = "manifest.json", "hooks/hooks.json"
WARN: Expected = "accepted with warning"
BODY = b"\n# Tidy notes\n\n1. Read the notes.\n2. Write decisions first.\n"


def cases() -> list[Malformed]:
    """Give all of them."""
    return [*unreadable(), *seed_manifests(), *plugins(), *catalogues(), *parts(), *front_matters(), *front_bombs()]


def case(kind: Kind, name: str, expected: Expected, reason: str, files: dict[str, bytes | str]) -> Malformed:
    """The last file is the broken one."""
    entries = [Entry(path, body if isinstance(body, bytes) else body.encode()) for path, body in files.items()]
    return Malformed(name, kind, lambda: archive(entries), expected, reason, next(reversed(files)))


def manifest(name: str, expected: Expected, reason: str, path: str, body: bytes | str | object) -> Malformed:
    """A broken JSON file beside the honest skill, which lies where the layout has it."""
    if not isinstance(body, bytes | str):
        body = json.dumps(body)
    skill = "SKILL.md" if path == MANIFEST else "skills/tidy-notes/SKILL.md"
    return case("manifest", name, expected, reason, {skill: good().data, path: body})


def unreadable() -> Iterator[Malformed]:
    fine: dict[str, object] = {"slug": "tidy-notes", "name": "Tidy notes", "version": "1.0.0"}
    for name, reason, body in [
        ("empty manifest", "bad manifest", b""),
        ("manifest that is no JSON", "bad manifest", b"slug: tidy-notes\nname: Tidy notes\n"),
        ("manifest cut off", "bad manifest", json.dumps(fine).encode()[:-9]),
        ("manifest with comments", "bad manifest", b'{"slug": "a", // why\n "name": "A", "version": "1.0.0"}'),
        ("manifest of two documents", "bad manifest", json.dumps(fine).encode() * 2),
        ("manifest that is a list", "bad manifest", json.dumps([fine]).encode()),
        ("manifest that is null", "bad manifest", b"null"),
        ("manifest with a NUL byte", "nul", b'{"slug": "a", "name": "A\x00", "version": "1.0.0"}'),
        ("manifest in bad UTF-8", "bad encoding", b'{"slug": "a", "name": "caf\xe9", "version": "1.0.0"}'),
        ("manifest in UTF-16", "bad encoding", json.dumps(fine).encode("utf-16")),
        ("manifest nested 100,000 deep", "json bomb", b"[" * 100_000 + b"]" * 100_000),
        ("objects nested 50,000 deep", "json bomb", b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
        ("a number of 100,000 digits", "json bomb", b'{"slug": "a", "name": "A", "version": ' + b"9" * 100_000 + b"}"),
        ("200,000 keys", "json bomb", json.dumps({f"k{number}": number for number in range(200_000)}).encode()),
    ]:
        yield manifest(name, "refused", reason, MANIFEST, body)
    for name, reason, body in [
        ("manifest with NaN", "bad manifest", b'{"slug": "a", "name": "A", "version": "1.0.0", "token_estimate": NaN}'),
        ("manifest with a key twice", "bad manifest", b'{"slug": "a", "slug": "b", "name": "A", "version": "1.0.0"}'),
        ("manifest with an escaped NUL", "nul", rb'{"slug": "a", "name": "A\u0000", "version": "1.0.0"}'),
        ("manifest with a lone surrogate", "bad encoding", rb'{"slug": "a", "name": "A\ud83d", "version": "1.0.0"}'),
    ]:
        yield manifest(name, "either", reason, MANIFEST, body)
    yield manifest(
        "manifest with a byte order mark", "either", "encoding", MANIFEST, b"\xef\xbb\xbf" + json.dumps(fine).encode()
    )


def seed_manifests() -> Iterator[Malformed]:
    fine: dict[str, object] = {"slug": "tidy-notes", "name": "Tidy notes", "version": "1.0.0"}
    wrong: list[tuple[str, dict[str, object]]] = [
        ("no slug", {"slug": None}),
        ("name is a list", {"name": ["Tidy"]}),
        ("name is empty", {"name": "   "}),
        ("contents is a text", {"contents": "SKILL.md"}),
    ]
    for name, change in wrong:
        changed = {key: value for key, value in {**fine, **change}.items() if value is not None}
        yield manifest(name, "refused", "bad manifest", MANIFEST, changed)
    loose: list[tuple[str, dict[str, object]]] = [
        ("slug is a number", {"slug": 7}),
        ("slug with a path", {"slug": "../tidy"}),
        ("slug with blanks and capitals", {"slug": "Tidy Notes"}),
        ("slug of 300 letters", {"slug": "a" * 300}),
        ("version is a number", {"version": 1.0}),
        ("version is no version", {"version": "latest"}),
        ("skills name a file outside", {"contents": {"skills": ["../../SKILL.md"]}}),
    ]
    for name, change in loose:
        yield manifest(name, "either", "bad manifest", MANIFEST, {**fine, **change})
    odd: list[tuple[str, str, dict[str, object]]] = [
        ("tags are numbers", "field", {"tags": [1, 2]}),
        ("token estimate is a text", "field", {"token_estimate": "many"}),
        ("token estimate below zero", "field", {"token_estimate": -5}),
        ("tools without names", "field", {"tools": [{"description": "does things"}]}),
        ("description of 200 kB", "field", {"description": words(200_000).decode()}),
        ("unknown key", "unknown field", {"sponsor": "nobody"}),
        ("skills name a file that is not there", "component", {"contents": {"skills": ["other.md"]}}),
    ]
    for name, reason, change in odd:
        yield manifest(name, WARN, reason, MANIFEST, {**fine, **change})


def plugins() -> Iterator[Malformed]:
    for name, body in [
        ("plugin without a name", {"version": "1.0.0"}),
        ("plugin name with a path", {"name": "a/../b"}),
        ("plugin name with direction controls", {"name": "tidy\u202enotes"}),
        ("plugin name is an object", {"name": {"en": "tidy"}}),
        ("plugin whose skills lie outside", {"name": "tidy", "skills": ["../../etc"]}),
        ("plugin whose commands are absolute", {"name": "tidy", "commands": ["/etc/passwd"]}),
    ]:
        yield manifest(name, "either", "bad manifest", PLUGIN, body)
    for name, reason, body in [
        ("plugin with unknown keys", "unknown field", {"name": "tidy", "colour": "red"}),
        ("plugin name with blanks", "name", {"name": "Tidy Notes"}),
        ("plugin author is a text", "field", {"name": "tidy", "author": "me"}),
        ("plugin homepage is no address", "field", {"name": "tidy", "homepage": "see below"}),
        ("plugin keywords are a text", "field", {"name": "tidy", "keywords": "a, b"}),
        ("plugin whose agents are not there", "component", {"name": "tidy", "agents": ["./gone.md"]}),
        (
            "plugin command with both bodies",
            "field",
            {"name": "t", "commands": {"a": {"source": "./a.md", "content": "a"}}},
        ),
    ]:
        yield manifest(name, WARN, reason, PLUGIN, body)


def catalogues() -> Iterator[Malformed]:
    owner = {"name": "Somebody"}
    for name, body in [
        ("catalogue without plugins", {"name": "shelf", "owner": owner}),
        ("catalogue whose plugins are an object", {"name": "shelf", "owner": owner, "plugins": {}}),
        ("catalogue without an owner", {"name": "shelf", "plugins": []}),
    ]:
        yield manifest(name, "refused", "bad manifest", MARKET, body)
    whole = {"name": "tidy", "source": "./"}
    for name, entry in [
        ("catalogue entry that lies outside", {"name": "out", "source": "../../other"}),
        ("catalogue entry without a source", {"name": "out"}),
        ("catalogue entry of another kind", {"name": "out", "source": {"source": "carrier pigeon"}}),
        ("catalogue entry that runs a command", {"name": "out", "source": {"source": "command", "command": "id"}}),
        ("catalogue entry that is a number", 7),
    ]:
        yield manifest(name, WARN, "component", MARKET, {"name": "shelf", "owner": owner, "plugins": [whole, entry]})


def parts() -> Iterator[Malformed]:
    for name, reason, path, body in [
        ("hook of an unknown event", "field", HOOKS, {"hooks": {"OnFullMoon": [{"hooks": []}]}}),
        ("hook without a command", "field", HOOKS, {"hooks": {"Stop": [{"hooks": [{"type": "command"}]}]}}),
        (
            "hook whose timeout is a text",
            "field",
            HOOKS,
            {"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "true", "timeout": "soon"}]}]}},
        ),
        ("server without command and address", "field", SERVERS, {"mcpServers": {"a": {}}}),
        (
            "server whose arguments are a text",
            "field",
            SERVERS,
            {"mcpServers": {"a": {"command": "node", "args": "x.js"}}},
        ),
        (
            "server environment with numbers",
            "field",
            SERVERS,
            {"mcpServers": {"a": {"command": "node", "env": {"A": 1}}}},
        ),
    ]:
        yield manifest(name, WARN, reason, path, body)
    for name, reason, path, body in [
        ("hooks that are a list", "component", HOOKS, []),
        ("hooks cut off", "component", HOOKS, b'{"hooks": {"Stop": ['),
        ("servers that are a list", "component", SERVERS, {"mcpServers": [{"command": "node"}]}),
    ]:
        yield manifest(name, "either", reason, path, body)
    latin = b'{"mcpServers": {"caf\xe9": {"command": "node"}}}'
    yield manifest("servers in bad UTF-8", "refused", "bad encoding", SERVERS, latin)
    yield manifest("hooks nested 100,000 deep", "refused", "json bomb", HOOKS, b'{"hooks":' + b"[" * 100_000)
    yield manifest("servers nested 100,000 deep", "refused", "json bomb", SERVERS, b"[" * 100_000)


def front(name: str, expected: Expected, reason: str, text: bytes | str) -> Malformed:
    body = text if isinstance(text, bytes) else text.encode()
    return case("front matter", name, expected, reason, {"SKILL.md": body})


# A scalar that YAML reads as something else is a text to a lenient reader.
EITHER = {"description is a date", "name is yes", "name is a number", "Windows line ends and a byte order mark"}


def front_matters() -> Iterator[Malformed]:
    body = BODY.decode()
    for name, reason, head in [
        ("no front matter", "front matter", "# Tidy notes\n"),
        ("front matter never closed", "front matter", "---\nname: tidy-notes\ndescription: Tidies notes.\n"),
        ("front matter after a blank line", "front matter", "\n---\nname: tidy-notes\ndescription: Tidies.\n---\n"),
        (
            "colon in a description",
            "front matter",
            "---\nname: tidy-notes\ndescription: Use when: notes are long\n---\n",
        ),
        (
            "tabs as indent",
            "front matter",
            "---\nname: tidy-notes\nmetadata:\n\tversion: 1\ndescription: Tidies.\n---\n",
        ),
        ("quote never closed", "front matter", '---\nname: tidy-notes\ndescription: "Tidies notes.\n---\n'),
        ("front matter that is a list", "front matter", "---\n- tidy-notes\n- Tidies notes.\n---\n"),
        ("front matter that is a text", "front matter", "---\ntidy notes\n---\n"),
        ("empty front matter", "front matter", "---\n---\n"),
        ("angle brackets and at sign", "front matter", "---\nname: tidy-notes\ndescription: @team <notes>\n---\n"),
        ("a key twice", "front matter", "---\nname: tidy-notes\nname: other\ndescription: Tidies.\n---\n"),
        (
            "a tag that makes objects",
            "front matter",
            "---\nname: !!python/object/apply:os.system ['id']\ndescription: T.\n---\n",
        ),
        ("no description", "field", "---\nname: tidy-notes\n---\n"),
        ("description of 3,000 letters", "field", f"---\nname: tidy-notes\ndescription: {'long ' * 600}\n---\n"),
        ("description is a list", "field", "---\nname: tidy-notes\ndescription: [a, b]\n---\n"),
        ("description is a date", "field", "---\nname: tidy-notes\ndescription: 2026-01-01\n---\n"),
        ("name is yes", "field", "---\nname: yes\ndescription: Tidies.\n---\n"),
        ("name is a number", "field", "---\nname: 0x1F\ndescription: Tidies.\n---\n"),
        ("name with capitals", "name", "---\nname: Tidy_Notes\ndescription: Tidies.\n---\n"),
        ("name of 200 letters", "name", f"---\nname: {'a' * 200}\ndescription: Tidies.\n---\n"),
        ("name with a path", "name", "---\nname: ../tidy\ndescription: Tidies.\n---\n"),
        ("allowed tools are numbers", "field", "---\nname: tidy-notes\ndescription: T.\nallowed-tools: [1, 2]\n---\n"),
        ("metadata is a text", "field", "---\nname: tidy-notes\ndescription: T.\nmetadata: none\n---\n"),
        ("unknown keys", "unknown field", "---\nname: tidy-notes\ndescription: T.\nmood: calm\n---\n"),
        (
            "Windows line ends and a byte order mark",
            "encoding",
            "\ufeff---\r\nname: tidy-notes\r\ndescription: T.\r\n---\r\n",
        ),
    ]:
        yield front(name, "either" if name in EITHER else WARN, reason, head + body)
    yield front("skill in bad UTF-8", "refused", "bad encoding", SKILL.replace(b"notes", b"not\xe9s"))
    yield front("skill in UTF-16", "either", "encoding", SKILL.decode().encode("utf-16"))
    yield front("skill with a NUL byte", "refused", "nul", SKILL + b"\x00")
    yield front(
        "name with an escaped NUL", "either", "nul", b'---\nname: "tidy\\0notes"\ndescription: T.\n---\n' + BODY
    )
    yield front("skill that is a picture", "refused", "nul", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 40)
    yield front("empty skill", "refused", "no package", b"")
    yield front("one line of two megabytes", "either", "field", SKILL + b"word " * 400_000)


def front_bombs() -> Iterator[Malformed]:
    laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
    laughs += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    merges = "m0: &m0 {k: v}\n" + "".join(
        f"m{n}: &m{n}\n  <<: [{', '.join([f'*m{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    for name, text in [
        ("aliases of aliases", laughs),
        ("aliases in the description", laughs + "description: *a11\n"),
        ("merges of merges", merges),
        ("an alias of itself", "name: &n\n  - *n\ndescription: T.\n"),
        ("lists nested 20,000 deep", "name: " + "[" * 20_000 + "]" * 20_000 + "\n"),
        ("maps nested 20,000 deep", "name: " + "{a: " * 20_000 + "}" * 20_000 + "\n"),
        ("indents nested 5,000 deep", "".join(" " * depth + "a:\n" for depth in range(5_000))),
        ("100,000 keys", "".join(f"k{number}: v\n" for number in range(100_000))),
        ("a number of a million digits", "metadata: " + "9" * 1_000_000 + "\n"),
    ]:
        yield front(
            name, "refused", "yaml bomb", f"---\nname: tidy-notes\ndescription: T.\n{text}---\n".encode() + BODY
        )
    keys = "---\n" + "? " * 20_000 + "a\ndescription: T.\n---\n"
    yield front("an explicit key bomb", "either", "yaml bomb", keys + BODY.decode())
