"""A marketplace repository: `.claude-plugin/marketplace.json` lists plugins, each in a folder or somewhere else."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from automatos.paths import is_unsafe
from marketplace.packages.folder import under
from marketplace.packages.json_text import read_object
from marketplace.packages.layouts import CATALOGUE_FILE
from marketplace.packages.manifests import PLUGIN_FILE
from marketplace.packages.notes import Notes, shown
from marketplace.packages.package import PackageFile, PackageRefused, Refusal
from marketplace.packages.values import line

MOST_PLUGINS = 2_000
COMPONENT_PATHS = ("skills", "commands", "agents", "hooks", "mcpServers")


@dataclass(frozen=True)
class Plan:
    """Where one package is. root: its folder, "" for the top; entry, listed: its catalogue's words and name.

    only: folders and files its files are taken from, for one that shares its root with others; empty: all of them.
    """

    root: str
    name: str
    entry: dict[str, Any] | None = None
    listed: str = ""
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """What a marketplace.json leads to. elsewhere: names of plugins that are kept in other places, with where."""

    name: str
    plans: tuple[Plan, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    elsewhere: dict[str, str] = field(default_factory=dict)


def read_catalogue(file: PackageFile, paths: Iterable[str], notes: Notes) -> Catalogue:
    """The plugins of a catalogue. paths: of every file there is. Raises PackageRefused if it cannot be read at all."""
    value = read_object(file, notes)
    listed = value.get("plugins")
    if not isinstance(listed, list):
        sentence = f"{CATALOGUE_FILE} must have a list `plugins`. Add it."
        raise PackageRefused(Refusal("catalogue", CATALOGUE_FILE, sentence))
    if len(listed) > MOST_PLUGINS:
        notes.warn("catalogue", CATALOGUE_FILE, f"{len(listed):,} plugins are listed; {MOST_PLUGINS:,} are looked at.")
    reader = _Entries(list(paths), _base(value), line(value.get("name"), 100))
    for entry in listed[:MOST_PLUGINS]:
        reader.take(entry)
    if reader.elsewhere:
        names = ", ".join(shown(name) for name in list(reader.elsewhere)[:5])
        sentence = f"{len(reader.elsewhere):,} plugins of the catalogue are kept elsewhere and were not read: {names}."
        notes.warn("elsewhere", CATALOGUE_FILE, sentence)
    return Catalogue(reader.listed, tuple(reader.plans), tuple(reader.refusals), reader.elsewhere)


def _base(value: dict[str, Any]) -> str:
    metadata = value.get("metadata")
    return line(metadata.get("pluginRoot")) if isinstance(metadata, dict) else ""


class _Entries:
    """One entry after the other; a bad one does not sink the rest."""

    def __init__(self, paths: list[str], base: str, listed: str) -> None:
        self.paths, self.base, self.listed = paths, base, listed
        self.plans: list[Plan] = []
        self.refusals: list[Refusal] = []
        self.elsewhere: dict[str, str] = {}

    def take(self, entry: Any) -> None:
        name = line(entry.get("name"), 100) if isinstance(entry, dict) else ""
        if not name:
            self._refuse("catalogue_entry", f"An entry of {CATALOGUE_FILE} has no name and was passed over.")
            return
        source = entry.get("source")
        if isinstance(source, dict) and source.get("source") in ("local", "directory"):
            source = source.get("path")
        if not isinstance(source, str):
            self.elsewhere[name] = _place(source)
            return
        root = self._root(source)
        if root is None:
            self._refuse("unsafe_path", f"{shown(name)}: its source {shown(source)} leads out of the repository.")
        elif not under(root, self.paths):
            self._refuse("missing_folder", f"{shown(name)}: there is no folder {shown(source)} in the repository.")
        else:
            self.plans.append(Plan(root, name, entry, self.listed, self._only(root, entry)))

    def _root(self, source: str) -> str | None:
        """The folder a source means, from the top; None for one that leads out."""
        text = source if source.startswith("./") or not self.base else f"{self.base}/{source}"
        found = []
        for text_of in (text, f"{self.base}/{source}"):
            path = "/".join(part for part in text_of.replace("\\", "/").split("/") if part not in ("", "."))
            found.append(None if text_of.startswith("/") or (path and is_unsafe(path)) else path)
        if self.base and found[0] is not None and not under(found[0], self.paths) and found[1]:
            return found[1]
        return found[0]

    def _only(self, root: str, entry: dict[str, Any]) -> tuple[str, ...]:
        """What a plugin without a manifest that lists its parts has of a root that holds more than its own."""
        manifest = f"{root}/{PLUGIN_FILE}" if root else PLUGIN_FILE
        if root or manifest in self.paths or not isinstance(entry.get("skills"), list):
            return ()
        named = [item for key in COMPONENT_PATHS for item in _texts(entry.get(key))]
        return tuple("/".join(part for part in item.split("/") if part not in ("", ".")) for item in named)

    def _refuse(self, code: str, sentence: str) -> None:
        self.refusals.append(Refusal(code, CATALOGUE_FILE, sentence))


def _texts(value: Any) -> list[str]:
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]


def _place(source: Any) -> str:
    """Where a plugin is kept that is not in the repository, in words."""
    if not isinstance(source, dict):
        return "nowhere: it has no source"
    parts = (source.get(key) for key in ("repo", "url", "package", "path", "ref", "sha"))
    return " ".join([line(source.get("source")), *(line(part) for part in parts if part)])
