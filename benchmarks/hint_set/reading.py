"""Reads the made-up catalogue: each app with its actions as Composio would list them."""

from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "apps.txt"
VERBS = {
    "c": ("CREATE", "Creates {a}"),
    "g": ("GET", "Gets {a} with all its details"),
    "l": ("LIST", "Lists every {noun}, page by page"),
    "u": ("UPDATE", "Updates {a}; what is left out stays as it is"),
    "d": ("DELETE", "Deletes {a} for good"),
    "s": ("SEARCH", "Searches for {noun} entries by words and filters"),
    "a": ("ARCHIVE", "Archives {a}, which hides it without deleting it"),
    "m": ("MOVE", "Moves {a} to another place"),
    "n": ("SEND", "Sends {a}"),
}


@dataclass(frozen=True, slots=True)
class Action:
    """One action of the catalogue."""

    slug: str
    app: str
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class App:
    """One app with its actions."""

    slug: str
    name: str
    category: str
    actions: tuple[Action, ...]


def apps() -> list[App]:
    """Every app of the file."""
    found: list[tuple[str, str, str, list[Action]]] = []
    for line in FILE.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|")]
        if " = " in line:
            slug, _, what = line.partition(" = ")
            _add(found[-1], slug, what)
        elif len(parts) == 3 and set(parts[2]) <= set(VERBS) and found:
            noun = parts[0].replace("_", " ")
            article = "an" if noun[0] in "aeio" else "a"
            for word, text in _verbs(parts[2]):
                what = text.format(a=f"{article} {noun}", noun=noun)
                _add(found[-1], f"{word}_{parts[0].upper()}", f"{what}: {parts[1]}.")
        else:
            found.append((parts[0], parts[1], parts[2], []))
    return [App(slug, name, category, tuple(actions)) for slug, name, category, actions in found]


def _verbs(letters: str) -> list[tuple[str, str]]:
    """The verbs of an object, and those that such objects have besides."""
    found = [VERBS[letter] for letter in letters]
    if {"c", "u"} <= set(letters):
        found.append(("BULK_CREATE", "Creates many {noun} entries in one request"))
    if {"c", "l"} <= set(letters):
        found.append(("COUNT", "Counts the {noun} entries that match a filter"))
    return found


def _add(app: tuple[str, str, str, list[Action]], slug: str, what: str) -> None:
    name = slug.replace("_", " ").capitalize()
    app[3].append(Action(f"{app[0].upper()}_{slug}", app[0], name, what))
