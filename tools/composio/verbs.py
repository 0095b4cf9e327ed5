"""What an action does, by its tags and its name: read, change, or destroy."""

import re
from collections.abc import Collection

READS = frozenset(
    (
        *("get", "list", "search", "find", "fetch", "read", "retrieve", "query", "lookup", "view", "show", "describe"),
        *("count", "check", "compare", "preview", "export", "download", "inspect", "analyze", "summarize", "translate"),
        *("detect", "validate", "verify", "is", "has"),
    )
)
DESTROYS = frozenset(
    (
        *("delete", "remove", "revoke", "archive", "disable", "ban", "destroy", "purge", "clear", "wipe", "erase"),
        *("drop", "deactivate", "suspend", "terminate", "cancel", "unsubscribe", "uninstall", "kick", "block", "trash"),
        *("reset", "expire", "void", "unpublish", "detach"),
    )
)
WORD = re.compile(r"[a-z]+")


def category_of(action: str, app: str, tags: Collection[str]) -> str:
    """reads, changes or destroys. action: its slug, such as GITHUB_CREATE_AN_ISSUE; app: the app's slug."""
    words = words_of(action, app)
    first = words[0] if words else ""
    if "destructiveHint" in tags:
        return "destroys"
    if "readOnlyHint" in tags or first in READS:
        return "reads"
    # The verb stands first as a rule, or second after the part of the app it is about.
    return "destroys" if DESTROYS & set(words[:2]) else "changes"


def words_of(action: str, app: str) -> list[str]:
    """The words of an action's slug without the app's own."""
    slug = action.lower().removeprefix(f"{app.lower()}_")
    return WORD.findall(slug)


def is_destructive_wish(text: str) -> bool:
    """Whether a task asks for something to be destroyed, by its words."""
    words = WORD.findall(text.lower())
    return any(_base(word) in DESTROYS for word in words) or "get rid of" in text.lower()


def _base(word: str) -> str:
    """The verb behind a form of it: deleted, deleting, deletes, removal."""
    for ending, more in (("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"), ("s", ""), ("es", ""), ("ion", "e")):
        if word.endswith(ending) and (base := word.removesuffix(ending) + more) in DESTROYS:
            return base
    return {"removal": "remove", "banned": "ban", "banning": "ban", "dropped": "drop"}.get(word, word)
