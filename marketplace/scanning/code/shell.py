"""What commands of a shell do: what they read, fetch, send, run, write and delete, and what flows between them."""

import re

from marketplace.scanning.code.semantics import OVERRIDES
from marketplace.scanning.code.shell_context import (
    NONE,
    Labels,
    ShellContext,
    argument_labels,
    file_labels,
    host_in,
    outgoing,
)
from marketplace.scanning.code.shell_effects import delete_files, git_command, keep_running, run_file, write_file
from marketplace.scanning.code.shell_names import (
    BARE,
    DESTRUCTION,
    DEV_TCP,
    DISK,
    ENVIRONMENT,
    FORK_BOMB,
    GUARDS,
    INSTALLS,
    INTERPRETERS,
    LOOP,
    MINER,
    PASSING,
    PASSPHRASE,
    PRIVATE_COMMANDS,
    READERS,
    SECRET_COMMANDS,
    SHELL_JOINED,
    SYSTEM,
    WEB,
    WIRE,
)
from marketplace.scanning.code.shell_web import web_command, wire_command
from marketplace.scanning.code.shell_words import ASSIGNMENT, Pipeline, ShellCommand, ShellText
from marketplace.scanning.hits import Fact


def read_shell(text: str, line: int, context: ShellContext) -> Labels:
    """Read a shell text; returns what its output carries. Facts are added to the context."""
    if context.depth > 5:
        return NONE
    _whole(text, line, context)
    out: Labels = NONE
    shell = ShellText(text, line)
    looped = bool(LOOP.search(text))
    before = len(context.facts)
    for pipeline in shell.pipelines():
        out = _pipeline(pipeline, context)
    if looped:
        for fact in context.facts[before:]:
            fact.extra = {**fact.extra, "looped": True}
    return out


def _whole(text: str, line: int, context: ShellContext) -> None:
    """Shapes that reach over several commands. Quotes are passed over: they change nothing about them."""
    text = text.replace('"', "").replace("'", "")
    for pattern, kind in (
        (SHELL_JOINED, "shell"),
        (FORK_BOMB, "destroy"),
        (DISK, "destroy"),
        (DESTRUCTION, "destroy"),
        (GUARDS, "guard"),
        (MINER, "mine"),
    ):
        for match in list(pattern.finditer(text))[:4]:
            start = text.rfind("\n", 0, match.start()) + 1
            whole = text[start : (text.find("\n", match.end()) + 1 or len(text) + 1) - 1]
            if whole.lstrip().startswith("#"):
                continue
            at = line + text.count("\n", 0, match.start())
            host = host_in(whole, context.known) if kind in ("shell", "mine") else None
            context.facts.append(Fact(kind, at, whole.strip()[:400], NONE, host, match.group()[:200], context.block))


def _pipeline(pipeline: Pipeline, context: ShellContext) -> Labels:
    flow: Labels = NONE
    for command in pipeline.commands:
        flow = _command(command, flow, context)
    return flow


def _inner(command: ShellCommand, context: ShellContext) -> Labels:
    found: Labels = NONE
    context.depth += 1
    for text in command.inner:
        found |= read_shell(text, command.line, context)
    context.depth -= 1
    return found


def _command(command: ShellCommand, flow: Labels, context: ShellContext) -> Labels:
    inner = _inner(command, context)
    words = command.words
    if not words:
        return flow | inner
    carried = flow | inner | argument_labels(words[1:], context)
    for path in command.reads:
        carried |= file_labels(path, context)
    name = (
        words[0].rpartition("/")[2]
        if "/" in words[0] and not words[0].startswith((".", "~", "$", "/tmp"))
        else words[0]
    )
    name = name.lower().removesuffix(".exe")
    if words[0] == "for" and len(words) > 2:
        context.variables[words[1]] = carried | outgoing(words[3:], context)
        return NONE
    if words[0] == "read" and len(words) > 1 and flow:
        context.variables[words[-1]] = flow
        return flow
    if name == ASSIGNMENT:
        _assigned(command, carried, context)
        return NONE
    if name == "export" and len(words) > 1 and "=" in words[1]:
        _override(command, words[1].partition("=")[0], words[1].partition("=")[2], context)
    out = _meaning(name, words, command, flow, inner, carried, context)
    for path in command.writes:
        write_file(command, path, out if name in PASSING else out | carried, context)
    if match := DEV_TCP.search(" ".join([*command.writes, *command.reads, command.raw])):
        context.note("send", command, carried | out, context.known.host(match.group(1)), match.group())
    return out


def _meaning(
    name: str,
    words: list[str],
    command: ShellCommand,
    flow: Labels,
    inner: Labels,
    carried: Labels,
    context: ShellContext,
) -> Labels:
    joined = " ".join(words)
    if name in WEB:
        return web_command(name, words, command, flow, inner, carried, context)
    if name in WIRE:
        return wire_command(name, words, command, carried, context)
    if SECRET_COMMANDS.match(joined):
        context.note("read", command, frozenset(("secret",)), value=joined[:120])
        return carried | {"secret"}
    if name in ENVIRONMENT and len([word for word in words[1:] if not word.startswith("-")]) == 0 and name != "compgen":
        return carried | {"environment"}
    if name in SYSTEM:
        return carried | {"system"}
    if PRIVATE_COMMANDS.match(joined):
        return carried | {"private"}
    if name in INTERPRETERS or re.fullmatch(r"python\d(?:\.\d+)?|node\d*", name):
        return _interpreter(name, words, command, flow, inner, carried, context)
    if name in ("xargs", "parallel") and (at := next((n for n, word in enumerate(words) if word in WEB | WIRE), 0)):
        fed = [word.replace("{}", "\x01").replace("%", "\x01") for word in words[at:]]
        return _meaning(words[at], fed, command, flow, carried, carried, context)
    if name in ("xargs", "parallel") and any(word in INTERPRETERS for word in words[1:]):
        context.note("run", command, carried, value=joined[:200])
        return carried
    if name == "base64" and any(word in ("-d", "-D", "--decode", "-di") for word in words):
        return (carried | {"decoded"}) - {"file"}
    if name in ("xxd", "openssl", "gpg", "uudecode", "base32", "zcat", "gunzip") and any(
        word in ("-r", "-d", "-p", "-r -p", "--decode", "-dec", "-rp", "-ps") for word in words
    ):
        return carried | {"decoded"}
    return _local(name, words, command, carried, context)


def _local(name: str, words: list[str], command: ShellCommand, carried: Labels, context: ShellContext) -> Labels:
    if name in ("rm", "rmdir", "unlink", "shred", "srm", "del", "erase", "rd"):
        delete_files(words, command, context)
        return NONE
    if name in ("crontab", "systemctl", "launchctl", "schtasks", "at", "update-rc.d", "useradd", "usermod", "adduser"):
        keep_running(name, words, command, carried, context)
        return carried
    if name == "git":
        git_command(words, command, carried, context)
        return carried
    if name == "gh" and len(words) > 2 and words[1] in ("gist", "issue", "pr", "api", "release", "repo"):
        if words[2] in ("create", "comment", "upload") or words[1] == "gist":
            context.note(
                "send",
                command,
                carried | outgoing(words, context),
                context.known.host("https://github.com"),
                " ".join(words[:3]),
            )
        return carried | {"network"}
    if name in ("aws", "gsutil", "gcloud", "az", "s3cmd", "mc") and any(
        word in ("cp", "sync", "mv", "put") for word in words
    ):
        bucket = next((word for word in words if word.startswith(("s3://", "gs://"))), "")
        if bucket and not words[-1].startswith(("./", "/")):
            context.note("send", command, carried | outgoing(words, context), None, bucket)
        return carried
    if name in ("unzip", "7z", "7za", "unrar", "bsdtar") and any(map(PASSPHRASE.match, words[1:])):
        context.note("unlock", command, carried, value=" ".join(words)[:160])
    if INSTALLS.match(name):
        context.note(
            "install",
            command,
            carried,
            host_in(" ".join(words), context.known) if "://" in " ".join(words) else None,
            " ".join(words)[:300],
        )
        return carried
    return _filtered(name, words, command, carried, context)


def _filtered(name: str, words: list[str], command: ShellCommand, carried: Labels, context: ShellContext) -> Labels:
    """Commands that copy, start or read files and pass on what they carry."""
    if name in ("cp", "mv", "ln", "install", "tee", "rsync") and len(words) > 1:
        target = words[-1]
        labels = carried | outgoing(words[:-1], context)
        write_file(command, target, labels, context)
        return labels
    if (
        name in ("chmod", "open", "xdg-open", "start")
        or words[0].startswith(("./", "/tmp/", "~/", "$", "/var/tmp"))
        or words[0] in context.files
    ):
        run_file(words, command, carried, context)
    if name in context.functions:
        return carried | context.variables.get(f"{name}()", NONE)
    if name in READERS or carried:
        labels = carried | outgoing(words[1:], context)
        if labels & {"secret", "environment"}:
            context.note("read", command, labels, value=" ".join(words)[:160])
        if name in ("tar", "zip", "7z", "gpg", "openssl", "cp", "sqlite3"):
            _packed(words, labels, context)
        return labels
    return carried


def _packed(words: list[str], labels: Labels, context: ShellContext) -> None:
    for at, word in enumerate(words[1:], 1):
        after = words[at - 1]
        if (
            after in ("-o", "-out", "-f", "--file", "--output")
            or re.match(r"^-?\w*[cz]\w*f$", after)
            or (words[0] == "zip" and re.search(r"\.zip$", word))
        ):
            context.files[word] = context.files.get(word, NONE) | labels


def _assigned(command: ShellCommand, carried: Labels, context: ShellContext) -> None:
    name, value = command.words[1], " ".join(command.words[2:])
    if command.inner or carried:
        context.variables[name] = carried
    _override(command, name, value, context)


def _override(command: ShellCommand, name: str, value: str, context: ShellContext) -> None:
    if OVERRIDES.match(name) and value:
        place = host_in(value, context.known) if "://" in value or BARE.match(value) else None
        context.note("override", command, NONE, place, f"{name}={value}"[:200])


def _interpreter(
    name: str,
    words: list[str],
    command: ShellCommand,
    flow: Labels,
    inner: Labels,
    carried: Labels,
    context: ShellContext,
) -> Labels:
    rest = words[1:]
    for at, word in enumerate(rest):
        if word in ("-c", "-e", "-lc", "-ic", "-r", "-Command", "/c", "-p", "--eval", "-ec") and at + 1 < len(rest):
            return _inline(name, " ".join(rest[at + 1 :]) if name == "cmd" else rest[at + 1], command, carried, context)
    if name == "eval":
        context.note("run", command, carried, value=" ".join(rest)[:200])
        text = " ".join(rest).replace("\x01", "")
        if text.strip() and not text.startswith("$"):
            context.depth += 1
            read_shell(text, command.line, context)
            context.depth -= 1
        return carried
    if command.heredoc is not None and (not rest or rest[0] in ("-", "-s", "-i")) and context.nested:
        return carried | context.nested(command.heredoc.text, name, command.heredoc.line)
    literal = rest[rest.index("<<<") + 1] if "<<<" in rest and rest.index("<<<") + 1 < len(rest) else ""
    fed = flow if not [word for word in rest if not word.startswith("-")] else NONE
    script = next((word for word in rest if not word.startswith("-")), "")
    labels = (
        fed | (inner if "\x01" in " ".join(rest) or name in ("source", ".") else NONE) | context.files.get(script, NONE)
    )
    if script == "\x01" or literal:
        labels |= inner | carried
    if labels & {"network", "decoded"} and not ("cloned" in labels and "decoded" not in labels):
        context.note("run", command, labels, context.last_place if "network" in fed else None, value=command.raw[:200])
    return carried


def _inline(name: str, text: str, command: ShellCommand, carried: Labels, context: ShellContext) -> Labels:
    if "\x01" in text and text.strip("\x01 ;'\"") == "":
        context.note("run", command, carried, context.last_place if "network" in carried else None, value=text)
        return carried
    if name in ("sh", "bash", "zsh", "dash", "ksh", "fish", "cmd"):
        context.depth += 1
        out = read_shell(text, command.line, context)
        context.depth -= 1
        return carried | out
    if context.nested:
        return carried | context.nested(text, name, command.line)
    return carried
