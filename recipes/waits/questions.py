"""What a person is asked, in words: "Send this to api.example.com?"."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

# Tools whose names alone say too little.
PHRASES = {
    "remember": "Note this in memory?",
    "write_file": "Write the file {name}?",
    "render_document": "Make the document {name}?",
    "sql_query": "Run this query on the database?",
    "ask_agent": "Ask the agent {agent}?",
    "web_fetch": "Read this page of {host}?",
}
READING = ("GET", "HEAD", "OPTIONS")
# Arguments that say whom or what a call reaches.
TO = ("to", "recipient", "recipients", "channel", "email", "address", "phone", "repository", "repo", "path", "file")
LONGEST_PART = 60


def question(tool: str, arguments: Mapping[str, Any]) -> str:
    """What is asked about a call, as one short sentence."""
    host = _host(arguments)
    named = {"host": host, "name": _short(arguments.get("name") or arguments.get("filename")),
             "agent": _short(arguments.get("agent"))}  # fmt: skip
    if tool in PHRASES:
        return " ".join(PHRASES[tool].format(**named).replace(" ?", "?").split())
    if host:
        reads = str(arguments.get("method") or "POST").upper() in READING
        return f"Read from {host}?" if reads else f"Send this to {host}?"
    to = next((_short(arguments[name]) for name in TO if arguments.get(name)), "")
    return f"Use {in_words(tool)}{f', {to}' if to else ''}?"


def reach_in_words(reach: Mapping[str, Any]) -> str:
    """What a word for the rest of a run holds for: "http_request, method POST, to https://api.example.com"."""
    binds = [_short(one.replace(" ", ": ", 1)) for one in reach.get("binds", ())]
    hosts = [f"to {', '.join(map(_short, reach['hosts']))}"] if reach.get("hosts") else []
    return ", ".join([str(reach.get("tool", "")), *binds, *hosts])


def in_words(tool: str) -> str:
    """A tool's name for people: "SLACK_SEND_MESSAGE" is "Slack send message"."""
    text = " ".join(tool.replace("__", " ").replace("_", " ").replace(".", " ").split())
    return text.capitalize() if text.isupper() or text.islower() else text


def _host(arguments: Mapping[str, Any]) -> str:
    for name in ("url", "uri", "endpoint", "address", "base_url"):
        value = arguments.get(name)
        if isinstance(value, str) and value.startswith(("http://", "https://")):
            try:
                return urlsplit(value).hostname or ""
            except ValueError:
                return ""
    return ""


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    text = " ".join(text.split())
    return f"{text[:LONGEST_PART]}…" if len(text) > LONGEST_PART else text
