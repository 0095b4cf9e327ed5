"""How each file is come by: run by itself, read as instructions, named by those, or by nobody."""

import json
import re
from collections.abc import Iterable

from marketplace.packages.package import Package
from marketplace.scanning.config import LIFECYCLE
from marketplace.scanning.inventory import Source

AUTO, ENTRY, NAMED, DOCUMENT, LOOSE, SCRIPT, OTHER = 1.5, 1.0, 1.0, 0.9, 0.8, 0.9, 0.4
ENTRIES = re.compile(
    r"(?:^|/)(?:SKILL\.md|CLAUDE\.md|AGENTS\.md|plugin\.json|manifest\.json|marketplace\.json|"
    r"\.mcp\.json|\.lsp\.json|hooks\.json|monitors\.json|settings(?:\.local)?\.json)$|"
    r"(?:^|/)(?:commands|agents|output-styles|prompts|rules|steering)/.*\.(?:md|mdc|toml|json|"
    r"ya?ml)$|(?:^|/)\.(?:cursorrules|windsurfrules|clinerules)$|(?:^|/)\.cursor/rules/",
    re.IGNORECASE,
)
BY_ITSELF = re.compile(
    r"(?:^|/)(?:package\.json|setup\.py|setup\.cfg|conftest\.py|\.envrc|binding\.gyp|"
    r"sitecustomize\.py|usercustomize\.py|__init__\.py|build\.rs|\.git/hooks/[^/]+|\.husky/[^/]+|"
    r"postinstall\.\w+|\.vscode/tasks\.json)$|\.pth$",
    re.IGNORECASE,
)
SCRIPTS = frozenset(("python", "javascript", "shell", "powershell", "code"))
STEM = re.compile(r"\w{4,}")
NAME = re.compile(r"[\w.@-]+\.[A-Za-z0-9]{1,8}|[\w-]{4,}")
HOOK_FILES = re.compile(r"(?:^|/)(?:hooks?|monitors?)/", re.IGNORECASE)


def reaches(package: Package, sources: Iterable[Source]) -> dict[str, tuple[float, str]]:
    """For each path its factor, and the kind of entry it is (`hook`, `instructions`, `script`, …, empty)."""
    sources = list(sources)
    found: dict[str, tuple[float, str]] = {}
    auto = _names(" ".join(_automatic(package)))
    words = {source.path: _names(source.text[:400_000]) for source in sources}
    for source in sources:
        path = source.path
        if _name(path) in auto and source.kind in SCRIPTS:
            found[path] = (AUTO, "hook")
        elif ENTRIES.search(path):
            found[path] = (ENTRY, "instructions")
        elif BY_ITSELF.search(path):
            found[path] = (ENTRY if path.endswith("__init__.py") else AUTO, "build")
    skills = {skill.path.rpartition("/")[0] for skill in package.skills}
    if not found:
        found = {source.path: (ENTRY, "instructions") for source in sources if "/" not in source.path}
    _spread(sources, words, found)
    for source in sources:
        if source.path not in found:
            inside = any(source.path.startswith(f"{folder}/") for folder in skills if folder)
            factor = (
                LOOSE
                if inside and source.kind == "markdown"
                else SCRIPT
                if source.kind in SCRIPTS or source.executable
                else OTHER
            )
            found[source.path] = (factor, "")
    return found


def _spread(sources: list[Source], words: dict[str, frozenset[str]], found: dict[str, tuple[float, str]]) -> None:
    """What a reached file names is reached too; a script started by a hook starts others by itself."""
    todo = list(found)
    others = [source for source in sources if source.path not in found]
    while todo and others:
        path = todo.pop()
        factor, kind = found[path]
        rest = []
        for source in others:
            name = _name(source.path)
            stem = name.rpartition(".")[0]
            named = name in words[path] or (source.kind in SCRIPTS and len(stem) > 3 and stem in words[path])
            if not named:
                rest.append(source)
                continue
            script = source.kind in SCRIPTS
            reach = (
                (factor if kind == "hook" else NAMED)
                if script
                else DOCUMENT
                if source.kind in ("markdown", "text", "html")
                else min(factor, DOCUMENT)
            )
            found[source.path] = (reach, "hook" if kind == "hook" and script else "script" if script else "reference")
            todo.append(source.path)
        others = rest


def _automatic(package: Package) -> Iterable[str]:
    """Everything that starts without anyone asking."""
    for hook in package.hooks:
        yield hook.action
        yield str(dict(hook.extra))
    for server in package.mcp_servers:
        yield " ".join((server.command, *server.args))
    for file in package.files:
        if (
            file.path.rpartition("/")[2] in ("hooks.json", "monitors.json", ".mcp.json", "settings.json", ".lsp.json")
            and file.text
        ):
            yield file.text[:200_000]
        elif file.path.rpartition("/")[2] == "package.json" and file.text:
            yield _lifecycle(file.text)


def _lifecycle(text: str) -> str:
    """The scripts of a package.json that run when it is installed."""
    try:
        scripts = json.loads(text).get("scripts", {})
    except (ValueError, AttributeError, RecursionError):
        return ""
    return (
        " ".join(str(command) for name, command in scripts.items() if name in LIFECYCLE)
        if isinstance(scripts, dict)
        else ""
    )


def _name(path: str) -> str:
    return path.rpartition("/")[2].rpartition("!")[2]


def _names(text: str) -> frozenset[str]:
    return frozenset(NAME.findall(text)) | frozenset(STEM.findall(text))
