"""Commands that leave something behind: files, deletion, what starts by itself, what is run after it was fetched."""

import re

from marketplace.scanning.code.semantics import HOME_WIDE, TEMPORARY
from marketplace.scanning.code.shell_context import NONE, Labels, ShellContext, host_in
from marketplace.scanning.code.shell_names import URL
from marketplace.scanning.code.shell_words import ShellCommand
from marketplace.scanning.prose.reading import PERSIST_PATH


def write_file(command: ShellCommand, path: str, labels: Labels, context: ShellContext) -> None:
    if path.startswith("/dev/"):
        return
    body = command.heredoc.text if command.heredoc else ""
    context.files[path] = context.files.get(path, NONE) | labels
    context.note(
        "write",
        command,
        labels,
        None,
        path,
        body=(body or " ".join(command.words[1:]))[:2000],
        persist=bool(PERSIST_PATH.search(path)),
    )
    if (
        body
        and context.nested
        and (body.lstrip().startswith("#!") or re.search(r"\.(?:sh|bash|py|js|mjs|ps1)$|\.git/hooks/|bin/", path))
    ):
        context.nested(body, path, command.heredoc.line if command.heredoc else command.line)


def delete_files(words: list[str], command: ShellCommand, context: ShellContext) -> None:
    recursive = any(re.match(r"^-\w*[rRf]", word) or word in ("/s", "/q") for word in words[1:])
    for word in words[1:]:
        if not word.startswith("-") and recursive and HOME_WIDE.match(word) and not TEMPORARY.search(word):
            context.note("delete", command, NONE, None, word, wide=True)


def keep_running(name: str, words: list[str], command: ShellCommand, carried: Labels, context: ShellContext) -> None:
    joined = " ".join(words)
    if name == "crontab" and not any(word in ("-l", "-r") for word in words):
        context.note("persist", command, carried, None, "crontab")
    elif re.search(
        r"systemctl (?:--user )?enable|launchctl (?:load|bootstrap)|schtasks.*/create|useradd|adduser|"
        r"usermod -aG (?:sudo|wheel|docker)",
        joined,
        re.IGNORECASE,
    ):
        context.note("persist", command, carried, None, joined[:120])


def git_command(words: list[str], command: ShellCommand, carried: Labels, context: ShellContext) -> None:
    while len(words) > 3 and words[1] == "-C":
        words = [words[0], *words[3:]]
    joined = " ".join(words)
    if "://" in joined and carried & {"secret", "secretvar"} and len(words) > 1 and words[1] in ("remote", "push"):
        context.note("send", command, carried | {"secret"}, host_in(joined, context.known), joined[:160])
    if re.search(
        r"config (?:--global|--system) .*(?:core\.hooksPath|core\.sshCommand|core\.fsmonitor|"
        r"alias\.\w+ !|credential\.helper|url\..*insteadOf|core\.pager|init\.templateDir)",
        joined,
    ):
        context.note(
            "persist", command, carried, host_in(joined, context.known) if "://" in joined else None, joined[:160]
        )
    if len(words) > 1 and words[1] in ("push",) and "://" in joined:
        context.note("send", command, carried | {"private"}, host_in(joined, context.known), joined[:160])
    if len(words) > 3 and words[1] == "remote" and words[2] in ("add", "set-url") and "://" in joined:
        context.note("remote", command, carried, host_in(joined, context.known), joined[:160])
    if len(words) > 1 and words[1] == "clone":
        place = host_in(joined, context.known)
        context.note("fetch", command, carried, place, joined[:160])
        target = (
            words[-1] if not URL.match(words[-1]) else words[-1].rstrip("/").rpartition("/")[2].removesuffix(".git")
        )
        context.files[target] = frozenset(("network", "cloned"))


def run_file(words: list[str], command: ShellCommand, carried: Labels, context: ShellContext) -> None:
    """A file is made executable or started that was fetched before."""
    for word in words[: 1 if words[0] not in ("chmod", "open", "xdg-open", "start") else None]:
        bare = word.removeprefix("./")
        labels = next((context.files[item] for item in (word, bare, f"./{bare}") if item in context.files), NONE)
        if (
            "network" in labels
            and "cloned" not in labels
            and (words[0] != "chmod" or "+x" in " ".join(words) or re.search(r"\b[75]\d\d\b", " ".join(words)))
        ):
            context.note("run", command, labels | carried, None, word)
