"""Commands that talk to the network: what they send, what they fetch, where to."""

import re

from marketplace.scanning.code.shell_context import NONE, Labels, ShellContext, argument_labels, file_labels, outgoing
from marketplace.scanning.code.shell_names import BARE, UPLOAD_FLAGS, URL, VARIABLES
from marketplace.scanning.code.shell_words import ShellCommand
from marketplace.scanning.prose.reading import PERSIST_PATH

# `-sT`: several flags in one, of which only the last takes a value.
COMBINED = re.compile(r"^-[sSfLkvgqiN#nc]+([dFToOX])$")
# What stands before the name in `$part.collect.host`.
LEADING = re.compile(r"^(?:\$\{?\w+\}?[.-])+")


def web_command(
    name: str,
    words: list[str],
    command: ShellCommand,
    flow: Labels,
    inner: Labels,
    carried: Labels,
    context: ShellContext,
) -> Labels:
    urls = [match.group() for word in words[1:] for match in [URL.search(word)] if match] or [
        word for word in words[1:] if BARE.match(word) and not word.startswith("-")
    ]
    if not urls:
        urls = [word for word in words[1:] if VARIABLES.match(word) and not word.startswith("-")][:1]
    place = max((context.known.host(url) for url in urls), key=lambda host: host.factor, default=None)
    sent, uploads, saved = NONE, False, ""
    for at, word in enumerate(words[1:], 1):
        value = words[at + 1] if at + 1 < len(words) else ""
        flag, _, given = word.partition("=") if word.startswith("--") else (COMBINED.sub(r"-\1", word), "", "")
        value = given or value
        short = word[:2] in ("-d", "-F", "-T") and not word.startswith("--") and name == "curl"
        if flag in UPLOAD_FLAGS or short or flag.lower() in ("-body", "-infile", "-form"):
            uploads = True
            sent |= argument_labels([value, word], context) | (inner if "\x01" in value + word else NONE)
            if value.lstrip("@").strip() in ("-", "/dev/stdin") or value.endswith(("@-", "=-")):
                sent |= flow
            if (
                flag in ("-T", "--upload-file", "--post-file", "--body-file", "-InFile") or "@" in value[:40]
            ) and value:
                sent |= file_labels(value.rpartition("@")[2].removeprefix("<"), context)
        elif flag in ("-X", "--request", "-Method", "--method") and value.upper() in ("POST", "PUT", "PATCH"):
            uploads = True
        elif flag in ("-H", "--header", "-u", "--user", "-b", "--cookie", "-A", "--user-agent", "-e"):
            sent |= frozenset(
                f"header:{label}" if label in ("secretvar",) else label for label in argument_labels([value], context)
            ) | (inner if "\x01" in value else NONE)
        elif flag == "-O" and name == "curl" and urls:
            saved = urls[0].rstrip("/").rpartition("/")[2]
        elif flag in ("-o", "-O", "--output", "--output-document", "-OutFile", "-P") and value:
            saved = value
    if name == "wget" and not saved and urls:
        saved = urls[0].rstrip("/").rpartition("/")[2].split("?")[0]
    for url in urls:
        sent |= argument_labels([url], context) | (inner if "\x01" in url else NONE)
    if "\x01" in " ".join(urls):
        uploads = True
    kind = (
        "send"
        if (uploads or sent & {"secret", "environment", "file", "private", "system", "secretvar", "decoded"})
        else "fetch"
    )
    context.last_place = place
    context.note(kind, command, sent if kind == "send" else NONE, place, urls[0] if urls else "", uploads=uploads)
    labels = frozenset(("network",))
    for path in [saved, *command.writes]:
        if path and path != "-":
            context.files[path] = labels
            if PERSIST_PATH.search(path):
                context.note("write", command, labels, place, path, persist=True)
    return labels


def wire_command(name: str, words: list[str], command: ShellCommand, carried: Labels, context: ShellContext) -> Labels:
    rest = [word for word in words[1:] if not word.startswith("-")]
    labels = carried | outgoing([word for word in rest if "@" not in word and ":" not in word], context)
    target = next((word for word in rest if URL.match(word) or BARE.match(word.rpartition("@")[2].split(":")[0])), "")
    if name in ("scp", "rsync", "sftp", "ssh"):
        target = next(
            (word for word in rest if "@" in word or (":" in word and not word.startswith(("/", ".")))), target
        )
        remote = target.rpartition("@")[2].split(":")[0]
    else:
        remote = target or next((word for word in rest if "\x01" in word or VARIABLES.search(word)), "")
    telling = labels & {"secret", "environment", "private", "system", "secretvar"} or "\x01" in " ".join(rest)
    if name in ("dig", "nslookup", "host", "ping") and not telling:
        return NONE
    if name in ("dig", "nslookup", "host", "ping"):
        remote = remote.rpartition("\x01")[2].strip(".") or remote
        remote = LEADING.sub("", remote) or remote
    if name in ("rsync", "scp") and target and rest and rest[0] == target:
        return frozenset(("network",))
    if remote:
        context.note("send", command, labels, context.known.host(remote), target or remote, wire=name)
    return frozenset(("network",))
