"""Rules over what code leaves behind or breaks: start-up files, settings, variables, deletion, guards."""

import re
from collections.abc import Iterator

from marketplace.scanning.hits import Fact, Hit, Reading, step
from marketplace.scanning.hosts import Host
from marketplace.scanning.report import ChainStep
from marketplace.scanning.scale import BLOCK_LINES, Strength

LOOSENS = re.compile(
    r"bypassPermissions|\bhooks\b.{0,240}(?:curl|wget|http)|mcpServers.{0,200}(?:http|npx)|"
    r"defaultMode",
    re.DOTALL,
)
STARTUP = re.compile(
    r"rc\b|profile|zshenv|zprofile|bash_login|bash_aliases|authorized_keys|ssh/rc|crontab|cron\.|"
    r"/etc/|LaunchAgents|LaunchDaemons|autostart|systemd|Startup|CurrentVersion|sitecustomize|"
    r"usercustomize|\.pth$|envrc|ld\.so|sudoers|pam",
    re.IGNORECASE,
)
AGENT_FILES = re.compile(
    r"CLAUDE\.md|AGENTS\.md|MEMORY|SOUL|IDENTITY|GEMINI\.md|\.claude|cursor|\.mcp\.json|mcp\.json|"
    r"claude_desktop|codex|copilot|windsurf|openclaw|claude\.json",
    re.IGNORECASE,
)
ORDERS = re.compile(
    r"\b(?:always|never|must|ignore|before|after|every|each|do not|don't|run|execute|send|curl|fetch|https?://)\b",
    re.IGNORECASE,
)
REACHING = re.compile(
    r"\b(?:curl|wget|https?://|nc |/dev/tcp|eval|base64|python3? -c|node -e|bash -c|iwr|Invoke-)\b", re.IGNORECASE
)
LOADERS = re.compile(
    r"^(?:LD_PRELOAD|LD_LIBRARY|DYLD|NODE_OPTIONS|PYTHONSTARTUP|BASH_ENV|PROMPT_COMMAND|PERL5OPT|"
    r"RUBYOPT|JAVA_TOOL|GIT_SSH_COMMAND)"
)
UNVERIFIED = re.compile(r"^(?:NODE_TLS_REJECT_UNAUTHORIZED=0|GIT_SSL_NO_VERIFY|PYTHONHTTPSVERIFY=0)")
LOUD_DESTRUCTION = re.compile(
    r"vssadmin|wbadmin|bcdedit|mkfs|of=/dev|wipefs|:\(\)|eraseDisk|shred|cipher /w|find (?:/|~|"
    r"\$HOME)|format|HISTFILE|history -c|clear-eventlog|wevtutil|filter-branch|reflog|s3 r[bm]|"
    r"DROP|FLUSHALL|tmutil|dd\b",
    re.IGNORECASE,
)


def hit(
    rule: str,
    strength: Strength,
    fact: Fact,
    host: float = 1.0,
    joined: float = 1.0,
    chain: tuple[ChainStep, ...] = (),
) -> Hit:
    """A hit at a fact, with the factors that the fact brings along."""
    layered = bool(fact.extra.get("layer"))
    role = 1.0 if layered else float(fact.extra.get("role", 1.0))
    reach = 1.5 if fact.extra.get("auto") else None
    return Hit(
        rule,
        strength,
        fact.line,
        fact.text,
        role=role,
        host=host,
        joined=joined,
        kept=layered,
        decoded=fact.decoded,
        chain=chain,
        concealed=layered,
        reach=reach,
    )


def fetched_from(fact: Fact, facts: list[Fact]) -> Host | None:
    near = [
        item
        for item in facts
        if item.kind in ("fetch", "send") and item.place is not None and abs(item.line - fact.line) <= BLOCK_LINES
    ]
    same = [item for item in near if item.line == fact.line] or near
    return max((item.place for item in same if item.place is not None), key=lambda host: host.factor, default=None)


def write_hits(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    path, body = fact.value, str(fact.extra.get("body", ""))
    if (
        "network" in fact.labels
        and re.search(r"\.(?:sh|py|js|exe|bin|ps1|bat|dylib|so)$|/bin/", path)
        and not fact.extra.get("persist")
    ):
        yield hit("A-05", "weak", fact, factor(fetched_from(fact, facts)))
    if not fact.extra.get("persist"):
        return
    if STARTUP.search(path):
        rc_only = re.search(r"rc\b|profile|zshenv", path) and not re.search(r"/etc/|ssh", path)
        plain_path = rc_only and re.search(
            r"PATH|alias |completion|export \w+_HOME|nvm|eval \"\$\((?:\w+ init|direnv|starship|zoxide)",
            body or fact.text,
        )
        fenced = "role" in fact.extra and reading.source.kind == "markdown"
        key = re.search(r"ssh-(?:ed25519|rsa) AAAA[A-Za-z0-9+/]{30,}", f"{body} {fact.text}")
        if fenced and not key and not REACHING.search(body) and "network" not in fact.labels:
            yield hit(
                "H-01",
                step(
                    1,
                    re.search(r"authorized_keys", path)
                    and "AAAA" in fact.text + body
                    and "..." not in fact.text + body,
                ),
                fact,
            )
            return
        yield hit(
            "H-01",
            step(
                1 if plain_path else 2,
                key,
                "network" in fact.labels,
                REACHING.search(body),
                not rc_only and not plain_path,
                fact.labels & {"secret", "environment"},
            ),
            fact,
        )
    elif AGENT_FILES.search(path):
        home = path.startswith(("~", "$HOME", "/home", "/Users"))
        if re.search(r"/(?:skills|plugins|commands|agents|hooks)/", path) and not REACHING.search(body):
            yield hit("H-03", "weak", fact)
            return
        yield hit(
            "H-03",
            step(
                1,
                home,
                "network" in fact.labels,
                REACHING.search(body),
                ORDERS.search(body) and home,
                re.search(r"\"hooks\"|mcpServers|permissions|bypass|allow", body),
                home and not body and LOOSENS.search("\n".join(reading.plain[max(fact.line - 15, 0) : fact.line + 3])),
            ),
            fact,
        )


def persist_hits(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    near = " ".join(line for line in reading.plain[max(fact.line - 12, 0) : fact.line + 6])
    fenced = "role" in fact.extra and reading.source.kind == "markdown" and not fact.extra.get("layer")
    named = re.search(r"systemctl|useradd|usermod|adduser|launchctl", fact.value)
    if fenced and named:
        yield hit(
            "H-01",
            step(
                0,
                re.search(r"ExecStart|ProgramArguments", near),
                REACHING.search(near) and re.search(r"ExecStart|ProgramArguments", near),
            ),
            fact,
        )
        return
    yield hit(
        "H-01",
        step(
            1 if named else 2,
            REACHING.search(fact.text),
            fact.place is not None and fact.place.outside,
            REACHING.search(near),
        ),
        fact,
    )


def override_hits(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    place = fact.place
    if LOADERS.match(fact.value):
        benign = re.search(
            r"NODE_OPTIONS=--(?:max|no-warnings|experimental|trace|enable|import|loader|openssl|unhandled|inspect)",
            fact.value,
        )
        if not benign:
            yield hit(
                "I-03",
                step(
                    2,
                    REACHING.search(fact.value),
                    "http" in fact.value,
                    re.search(r"--(?:require|import)[ =]|/tmp/|\.so\b|\.dylib", fact.value),
                ),
                fact,
            )
    elif UNVERIFIED.match(fact.value):
        yield hit("I-03", "weak", fact)
    elif place is not None and place.kind in ("unknown", "low_trust", "declared", "own", "hosted"):
        yield hit("I-03", "strong", fact, place.factor)


def delete_hits(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    whole = re.match(
        r"^(?:/\*?|~/?\*?|\$HOME/?\*?|\$\{HOME\}/?|/home.*|/Users.*|/root/?|/etc.*|/usr.*|/var.*|C:.*|"
        r"%USERPROFILE%.*|~/(?:Documents|Desktop|Pictures)/?|~/\.\S+)$",
        fact.value,
    )
    yield hit(
        "J-01",
        step(
            1,
            whole,
            whole and not re.match(r"^(?:~/\.|\$HOME/\.|/var|/usr|/etc)", fact.value),
            fact.value in (".git", ".git/"),
        ),
        fact,
    )


def destroy_hits(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    if re.search(r"git push\b.*(?:force-with-lease)", fact.text):
        return
    loud = LOUD_DESTRUCTION.search(fact.value)
    worst = re.search(
        r"vssadmin|wbadmin|:\(\)|of=/dev/(?:sd|nvme|disk)|wipefs|mkfs|"
        r"--mirror",
        fact.value,
    ) or re.match(r"find (?:~|\$HOME|/|/home|/Users)/?\s", fact.value)
    narrow = re.search(r"-name ", fact.value) and not worst
    others = {
        item.value
        for item in facts
        if item.kind == "destroy" and abs(item.line - fact.line) < 6 and item.value != fact.value
    }
    yield hit("J-03", step(1, loud and not narrow, worst, worst, others and not narrow), fact)


def guard_hits(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    fetched = fetched_near(reading, fact, facts)
    yield hit(
        "D-04",
        step(
            1,
            re.search(
                r"quarantine|MpPreference|spctl|csrutil|NOPASSWD|falcon|crowdstrike|auditd|amsi|Defender|"
                r"disablerealtime",
                fact.value,
                re.IGNORECASE,
            ),
            fetched,
        ),
        fact,
    )


def mine_hits(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    yield hit("J-04", step(2, re.search(r"stratum|-o |--url|pool", fact.text), fact.place is not None), fact)


def fetched_near(reading: Reading, fact: Fact, facts: list[Fact]) -> bool:
    """Whether something is fetched from a host nobody knows in the lines before, by a command or in words."""
    strange = ("unknown", "low_trust", "declared", "own", "hosted")
    by_command = any(
        item.kind in ("fetch", "run")
        and item.place is not None
        and item.place.kind in strange
        and abs(item.line - fact.line) < 15
        for item in facts
    )
    return by_command or any(
        sentence.any("FETCH")
        and any(host.kind in strange for host in sentence.hosts)
        and 0 <= fact.line - sentence.segment.line < 15
        for sentence in reading.sentences
    )


def unlock_hits(reading: Reading, fact: Fact, facts: list[Fact]) -> Iterator[Hit]:
    if fetched_near(reading, fact, facts):
        yield hit("A-03", step(2, True), fact)


def factor(place: Host | None, missing: float = 0.7) -> float:
    return missing if place is None else place.factor


def worked(reading: Reading, fact: Fact, place: Host | None, missing: float = 0.7) -> float:
    """The factor of a place that a file of code reaches: there a stand-in name is what the program really calls."""
    written = "role" not in fact.extra and reading.source.kind in (
        "python",
        "javascript",
        "shell",
        "powershell",
        "code",
    )
    if written and place is not None and place.kind == "placeholder" and place.name.endswith((".com", ".org", ".net")):
        return 0.9
    return factor(place, missing)
