"""What starts by itself: hooks, MCP and other servers, scripts of package managers."""

import json
import re
from collections.abc import Iterator

from marketplace.packages.package import Hook, Package
from marketplace.scanning import config
from marketplace.scanning.hits import Fact, Hit, Reading, step
from marketplace.scanning.hosts import Known
from marketplace.scanning.rules.near_names import near_name

URL = re.compile(r"(?:https?|wss?)://[^\s'\"<>|;)]+", re.IGNORECASE)
INLINE = re.compile(
    r"\b(?:python3?|node|perl|ruby|deno|php)\s+-(?:c|e|r|-eval)\b|\bbash -c\b|\bsh -c\b|\beval\b|"
    r"base64 (?:-d|--decode|-D)|powershell(?:\.exe)?\s.*-e(?:nc|ncodedcommand)?\b",
    re.IGNORECASE,
)
ALLOWS = re.compile(
    r"\\*[\"']?permissionDecision\\*[\"']?\s*[:=]\s*\\*[\"']allow|[\"']decision[\"']\s*:\s*[\"']approve|"
    r"\\*\"behavior\\*\"\s*:\s*\\*\"allow|behavior[\"']?\s*[:=]\s*[\"']allow",
    re.IGNORECASE,
)
REWRITES = re.compile(r"updatedInput|updated_input|modifiedInput", re.IGNORECASE)
CONDITIONAL = re.compile(r"\b(?:if|case|in|match|test|startsWith|startswith|grep|allowlist|readonly|read_only|safe_)\b")
SETTINGS_ALLOW = re.compile(
    r"bypassPermissions|skipDangerousModePermissionPrompt|dangerouslySkipPermissions|"
    r"enableAllProjectMcpServers|\"defaultMode\"\s*:\s*\"(?:bypass|acceptEdits)|autoApprove|"
    r"alwaysAllow|auto_approve|\"allow\"\s*:\s*\[\s*\"(?:Bash|\*|Bash\(\*\))\"",
    re.IGNORECASE,
)
PROMPT_EVENTS = frozenset(
    (
        "UserPromptSubmit",
        "Stop",
        "SubagentStop",
        "PreCompact",
        "SessionEnd",
        "SessionStart",
        "PostToolUse",
        "PreToolUse",
        "Notification",
    )
)
OWNS = re.compile(r"--privileged|(?:-v|--volume)[ =](?:/|~|\$HOME):|--pid[ =]host|docker\.sock|--cap-add[ =]ALL")
PINNED = re.compile(r"@\d|==\d|#[0-9a-f]{7,40}|@sha256:")


def automatic_hits(package: Package, readings: dict[str, Reading], known: Known) -> Iterator[Hit]:
    """Hits that need to know what runs by itself."""
    for path, reading in readings.items():
        name = path.rpartition("/")[2]
        if name == "package.json":
            yield from _manifest(path, reading)
        elif name in (
            "requirements.txt",
            "pyproject.toml",
            "setup.py",
            "Pipfile",
            "Gemfile",
            "pip.conf",
            ".npmrc",
            ".yarnrc",
            ".yarnrc.yml",
            "package-lock.json",
            "go.mod",
            "environment.yml",
            "Cargo.toml",
        ) or name.startswith("requirements"):
            yield from _dependencies(path, reading)
        if reading.entry == "hook" or name in ("hooks.json",):
            yield from _hook_texts(path, reading)
        if name in ("settings.json", "settings.local.json", "hooks.json", ".mcp.json", "plugin.json"):
            yield from _settings(path, reading)
        yield from _running(path, reading)
    for hook in (*package.hooks, *_odd_hooks(readings)):
        if hook.kind in ("http",) and (match := URL.search(hook.action)):
            host = known.host(match.group())
            yield Hit(
                "I-02",
                step(2, host.outside, hook.event in PROMPT_EVENTS and host.kind not in ("service", "registry")),
                _line(readings, hook.path, match.group()),
                f"{hook.event}: {hook.action}"[:400],
                host=host.factor,
                reach=1.5,
                file=hook.path,
            )
    yield from _servers(package, readings, known)


def _odd_hooks(readings: dict[str, Reading]) -> Iterator[Hook]:
    """Hooks in JSON that lies where none is looked for."""
    for path, reading in readings.items():
        if reading.source.kind != "json" or path.endswith("hooks/hooks.json") or '"hooks"' not in reading.source.text:
            continue
        for entry in config.entries(reading.source.text, "json")[0]:
            if entry.key == "url" and (event := next((key for key in entry.keys if key in PROMPT_EVENTS), "")):
                yield Hook(event, "", "http", entry.text, path)


def _line(readings: dict[str, Reading], path: str, text: str) -> int:
    reading = readings.get(path)
    if reading is None:
        return 1
    return next((number for number, line in enumerate(reading.lines, 1) if text[:60] in line), 1)


def _running(path: str, reading: Reading) -> Iterator[Hit]:
    """Commands of configuration files and scripts of hooks that reach out."""
    if reading.entry != "hook" and path.rpartition("/")[2] not in (
        "hooks.json",
        ".mcp.json",
        "monitors.json",
        "plugin.json",
        "settings.json",
        "package.json",
    ):
        return
    for fact in reading.facts:
        if fact.kind not in ("send", "fetch") or fact.extra.get("layer"):
            continue
        place = fact.place
        if place is None or not place.outside or place.kind in ("service", "registry"):
            continue
        yield Hit(
            "I-01",
            step(2, fact.kind == "send", fact.labels & {"input", "private", "secret", "environment", "output", "file"}),
            fact.line,
            fact.text,
            host=place.factor,
            reach=1.5,
            file=path,
        )


def _hook_texts(path: str, reading: Reading) -> Iterator[Hit]:
    text = "\n".join(reading.plain)
    match = ALLOWS.search(text)
    if match:
        line = text.count("\n", 0, match.start()) + 1
        guarded = CONDITIONAL.search("\n".join(reading.plain[max(line - 8, 0) : line])) and not re.search(
            r"^\s*(?:else\b|\}\s*else)", "\n".join(reading.plain[max(line - 4, 0) : line]), re.MULTILINE
        )
        denies = re.search(r"[\"']deny[\"']|[\"']block[\"']|[\"']ask[\"']", text)
        yield (
            Hit(
                "I-04",
                step(
                    3,
                ),
                line,
                reading.lines[line - 1].strip()[:400],
                role=0.4 if guarded and denies else 0.6 if guarded else 1.0,
                reach=1.5,
                file=path,
            )
            if not (guarded and denies)
            else Hit("I-04", "weak", line, reading.lines[line - 1].strip()[:400], file=path)
        )
    if match := REWRITES.search(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Hit("I-04", "medium", line, reading.lines[line - 1].strip()[:400], reach=1.5, file=path)
    for number, line_text in enumerate(reading.plain, 1):
        if path.endswith(".json") and INLINE.search(line_text) and "CLAUDE_PLUGIN_ROOT" not in line_text:
            loud = re.search(r"base64|-enc|\\x|eval|exec\(", line_text)
            yield Hit("I-06", step(1, loud), number, line_text.strip()[:400], reach=1.5, file=path)


def _settings(path: str, reading: Reading) -> Iterator[Hit]:
    for number, line in enumerate(reading.plain, 1):
        if SETTINGS_ALLOW.search(line):
            yield Hit(
                "I-04",
                step(2, "bypass" in line.lower() or "skip" in line.lower()),
                number,
                line.strip()[:400],
                file=path,
            )


def _servers(package: Package, readings: dict[str, Reading], known: Known) -> Iterator[Hit]:
    for server in package.mcp_servers:
        line = _line(readings, server.path, server.url or server.command)
        if server.url:
            host = known.host(server.url)
            plain = server.url.startswith(("http://", "ws://")) and host.outside
            carries = any(value for key, value in server.headers.items())
            if host.kind in ("unknown", "low_trust", "declared"):
                yield Hit(
                    "I-07",
                    step(1, host.kind == "low_trust", plain, carries and host.kind == "low_trust"),
                    line,
                    f"{server.name}: {server.url}"[:400],
                    host=host.factor,
                    file=server.path,
                )
        joined = " ".join((server.command, *server.args))
        if INLINE.search(joined) and not re.search(r"CLAUDE_PLUGIN_ROOT", joined):
            yield Hit(
                "I-06",
                step(1, re.search(r"curl|wget|http|base64|eval|exec\(", joined)),
                line,
                joined[:400],
                reach=1.5,
                file=server.path,
            )
        if server.command in ("docker", "podman", "nerdctl") and OWNS.search(joined):
            yield Hit("I-06", "strong", line, joined[:400], file=server.path)
        if re.match(r"^(?:npx|uvx|bunx|pipx|pnpm)$", server.command):
            wanted = next(
                (word for word in server.args if not word.startswith("-") and word not in ("dlx", "run", "exec")), ""
            )
            if wanted and (close := near_name(wanted, "npm" if server.command in ("npx", "bunx", "pnpm") else "pypi")):
                yield Hit("L-03", "strong", line, f"{wanted} (beside {close})", file=server.path)
            if "://" in wanted and (host := known.host(wanted)).kind in ("unknown", "low_trust"):
                yield Hit("L-02", "strong", line, joined[:400], host=host.factor, file=server.path)


LIFECYCLE = ("preinstall", "install", "postinstall", "prepare", "prepublish", "preprepare", "postprepare", "prepack")
SUSPECT = re.compile(
    r"\b(?:curl|wget|nc|bash -c|sh -c|node -e|python3? -c|eval|base64|powershell|http|\|\s*(?:sh|"
    r"bash|node))\b|https?://",
    re.IGNORECASE,
)


def _manifest(path: str, reading: Reading) -> Iterator[Hit]:
    try:
        value = json.loads("\n".join(reading.lines))
    except (ValueError, RecursionError):
        return
    scripts = value.get("scripts") if isinstance(value, dict) else None
    for name, command in scripts.items() if isinstance(scripts, dict) else ():
        if name in LIFECYCLE and isinstance(command, str):
            line = _line({path: reading}, path, f'"{name}"')
            local = re.match(r"^(?:node|bash|sh|python3?)\s+[\w./-]+$", command)
            if SUSPECT.search(command):
                yield Hit(
                    "L-04",
                    step(2, re.search(r"\||curl|wget|-e\b|-c\b|base64", command)),
                    line,
                    f"{name}: {command}"[:400],
                    reach=1.5,
                    file=path,
                )
            elif local and name in ("preinstall", "install", "postinstall"):
                yield Hit("L-04", "weak", line, f"{name}: {command}"[:400], file=path)
    for group in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides"):
        wanted = value.get(group) if isinstance(value, dict) else None
        for name, version in wanted.items() if isinstance(wanted, dict) else ():
            line = _line({path: reading}, path, f'"{name}"')
            if close := near_name(name, "npm"):
                yield Hit("L-03", "strong", line, f"{name} (beside {close})", file=path)
            if isinstance(version, str) and "://" in version:
                host = reading.known.host(version.removeprefix("git+"))
                if host.kind in ("unknown", "low_trust", "declared"):
                    yield Hit("L-02", "strong", line, f"{name}: {version}"[:400], host=host.factor, file=path)
                elif not PINNED.search(version):
                    yield Hit("L-02", "weak", line, f"{name}: {version}"[:400], file=path)
            elif isinstance(version, str) and version.startswith("npm:") and not version.startswith(f"npm:{name}"):
                yield Hit("L-02", "weak", line, f"{name}: {version}"[:400], file=path)


REQUIREMENT = re.compile(r"^\s*[\"']?([A-Za-z][\w.-]{1,60})(?:\[[\w,]+\])?\s*(?:[=<>~!@;]|[\"'],?$|$)")
INDEX = re.compile(
    r"--(?:extra-)?index-url|^\s*-i\s+https?|index-url\s*=|^\s*registry\s*=|@[\w-]+:registry\s*=|"
    r"--find-links|npmRegistryServer|\[\[tool\.(?:uv\.index|poetry\.source)|"
    r"^\s*url\s*=\s*[\"']https?|resolved\"",
    re.IGNORECASE,
)


def _dependencies(path: str, reading: Reading) -> Iterator[Hit]:
    inside = path.endswith(("requirements.txt", ".in")) or "requirements" in path.rpartition("/")[2]
    for number, line in enumerate(reading.plain, 1):
        if line.lstrip().startswith(("#", "//")):
            continue
        match = URL.search(line)
        host = reading.known.host(match.group()) if match else None
        if host is not None and host.kind in ("unknown", "low_trust", "declared"):
            if INDEX.search(line):
                yield Hit(
                    "L-01", step(3, host.kind == "low_trust"), number, line.strip()[:400], host=host.factor, file=path
                )
            elif " @ " in line or "git+" in line or re.search(r"\.(?:whl|tar\.gz|zip|tgz)", line):
                yield Hit("L-02", "strong", number, line.strip()[:400], host=host.factor, file=path)
        elif (
            (match := REQUIREMENT.match(line))
            and (inside or path.endswith("pyproject.toml"))
            and (close := near_name(match.group(1), "pypi"))
        ):
            yield Hit("L-03", "strong", number, f"{match.group(1)} (beside {close})", file=path)


def installed_names(reading: Reading) -> Iterator[Hit]:
    """Names near those of popular packages, in commands that install."""
    for fact in reading.facts:
        if fact.kind == "install":
            yield from _installed(fact)


def _installed(fact: Fact) -> Iterator[Hit]:
    words = fact.value.split()
    if len(words) < 2 or (
        not any(word in ("install", "add", "i", "get", "-y", "--yes", "dlx", "run", "tool") for word in words[1:3])
        and words[0] not in ("npx", "uvx", "bunx")
    ):
        return
    registry = "npm" if words[0] in ("npm", "npx", "pnpm", "yarn", "bun", "bunx") else "pypi"
    if words[0] not in ("npm", "npx", "pnpm", "yarn", "bun", "bunx", "pip", "pip3", "uv", "uvx", "pipx", "poetry"):
        return
    if words[0] in ("uv",) and words[1] in ("run", "sync", "venv", "lock", "build"):
        return
    for word in (
        words[1:]
        if words[0] not in ("npx", "uvx", "bunx", "pipx")
        else [word for word in words[1:] if not word.startswith("-")][:1]
    ):
        if not word.startswith("-") and (close := near_name(re.split(r"[=<>~!\[]", word)[0], registry)):
            layered = bool(fact.extra.get("layer"))
            yield Hit(
                "L-03",
                "strong",
                fact.line,
                f"{word} (beside {close})",
                role=float(fact.extra.get("role", 1.0)),
                kept=layered,
                decoded=fact.decoded,
            )
