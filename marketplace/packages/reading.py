"""Packages out of a tree of files: found, kept within limits, read into the one model. Nothing is run or followed.

One package that is not taken does not sink the others of its source.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from automatos.paths import collisions, is_odd, is_unsafe
from automatos.skill_format.skill import SKILL_FILE
from automatos.skill_format.trees import Entry, MemoryTree, Tree
from automatos.zip_files import CLUTTER
from marketplace.packages.catalogue import Catalogue, Plan, read_catalogue
from marketplace.packages.folder import NEVER_ENTERED, Folder
from marketplace.packages.layouts import CATALOGUE_FILE, read_layout
from marketplace.packages.manifests import MANIFEST_FILE, PLUGIN_FILE
from marketplace.packages.nested import look_into
from marketplace.packages.notes import Notes, refusal, shown
from marketplace.packages.package import Package, PackageFile, PackageRefused, PackageWarning, Refusal

MOST_FILES = 500
LARGEST_FILE = 10_000_000
MOST_BYTES = 50_000_000
DEEPEST = 6
# What is taken along from the top of a source when only some of its folders are.
TOP_FILES = re.compile(r"(?i)(readme|licen[cs]e|notice|copying|changelog)[^/]*")
# What makes the top a package although it has no manifest, and one that cannot be taken apart.
COMPONENTS = re.compile(r"hooks/hooks\.json|\.mcp\.json|(?:commands|agents)/[^/]+\.(?i:md)|skills/[^/]+/SKILL\.md")
WHOLE = re.compile(r"hooks/hooks\.json|\.mcp\.json|(?:commands|agents)/[^/]+\.(?i:md)")


@dataclass(frozen=True)
class Reading:
    """What a source holds. refusals: of single packages; elsewhere: plugins its catalogue keeps in other places.

    commit: of a repository, 40 hexadecimal digits. top: the folder that everything lies in, "" if there is none.
    """

    packages: tuple[Package, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[PackageWarning, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""
    top: str = ""


def read_package(files: Iterable[PackageFile] | Tree, *, name: str = "package") -> list[Package]:
    """The packages in these files. name: what one without a name is called. Raises PackageRefused if there is none."""
    if not isinstance(files, Tree):
        listed = list(files)
        executable = {file.path for file in listed if file.executable}
        files = MemoryTree({file.path: file.data for file in listed}, name=name, executable=executable)
    reading = read_packages(files)
    if not reading.packages:
        raise PackageRefused(reading.refusals[0])
    return list(reading.packages)


def read_packages(tree: Tree) -> Reading:
    """Every package of a tree. Where nothing is taken, there is at least one refusal."""
    source = _Source(tree)
    try:
        catalogue = source.catalogue()
    except PackageRefused as error:
        return Reading(refusals=(error.refusal,), warnings=source.notes.all)
    packages: list[Package] = []
    refusals = list(catalogue.refusals)
    for plan in catalogue.plans:
        try:
            packages.append(source.package(plan))
        except PackageRefused as error:
            refusals.append(error.refusal)
    if not packages and not refusals:
        sentence = "The catalogue lists only plugins that are kept in other places. Take them in from there."
        refusals.append(Refusal("elsewhere", CATALOGUE_FILE, sentence))
    return Reading(tuple(packages), tuple(refusals), source.notes.all, catalogue.elsewhere, top=source.top)


class _Source:
    """One tree, and where its packages are."""

    def __init__(self, tree: Tree) -> None:
        self.tree, self.notes = tree, Notes()
        entries = [entry for entry in tree.entries if not any(part in CLUTTER for part in entry.path.split("/"))]
        self.files = {entry.path: entry for entry in entries if entry.kind == "file"}
        self.others = [entry for entry in entries if entry.kind != "file"]
        self.top = self._top()

    def catalogue(self) -> Catalogue:
        """The packages there are: those of a catalogue, or one at the top, or several below it."""
        paths = [path[len(self.top) + 1 :] if self.top else path for path in self.files if self._in_top(path)]
        listing = _join(self.top, CATALOGUE_FILE)
        if listing in self.files:
            (file,) = self._read([self.files[listing]], cut=self.top)
            catalogue = read_catalogue(file, paths, self.notes)
            if catalogue.plans or PLUGIN_FILE not in paths:
                return catalogue
        if PLUGIN_FILE in paths or MANIFEST_FILE in paths or SKILL_FILE in paths:
            return Catalogue("", (Plan("", self._name("")),))
        # A collection that is too large for one package is one package for each skill.
        roots = _skill_roots(paths)
        if len(paths) > MOST_FILES and len(roots) > 1 and not any(WHOLE.fullmatch(path) for path in paths):
            return Catalogue("", tuple(Plan(root, self._name(root)) for root in roots))
        if any(COMPONENTS.fullmatch(path) for path in paths):
            return Catalogue("", (Plan("", self._name("")),))
        if plans := [Plan(root, self._name(root)) for root in _roots(paths)]:
            return Catalogue("", tuple(plans))
        return Catalogue("", (Plan("", self._name("")),))

    def package(self, plan: Plan) -> Package:
        """One package, read. Raises PackageRefused naming the file and the limit."""
        root = _join(self.top, plan.root)
        notes = Notes()
        entries = self._within(plan, root, notes)
        self._note_others(plan, root, notes)
        folder = Folder(plan.name, self._read(entries, cut=root), notes)
        look_into(folder.files, notes)
        return read_layout(folder, root=plan.root, entry=plan.entry, listed=plan.listed)

    def _within(self, plan: Plan, root: str, notes: Notes) -> list[Entry]:
        """The entries of a package, if they are within the limits."""
        entries = [entry for path, entry in self.files.items() if _lies_in(path, root)]
        if plan.only:
            entries = [entry for entry in entries if _is_chosen(entry.path[len(root) :].lstrip("/"), plan.only)]
        where = plan.root or shown(plan.name)
        if len(entries) > MOST_FILES:
            entries = _of_skills(entries, root, notes)
        if len(entries) > MOST_FILES:
            sentence = f"{where} holds {len(entries):,} files; at most {MOST_FILES} are allowed. Leave some out."
            raise refusal("too_many_files", plan.root, sentence)
        for entry in entries:
            _check(entry)
        if doubled := collisions(entry.path for entry in entries):
            sentence = f"{shown(doubled[0])!r} differs from another file only in how it is spelt. Rename one."
            raise refusal("colliding_names", doubled[0], sentence)
        total = sum(entry.size for entry in entries)
        if total > MOST_BYTES:
            sentence = f"{where} has {total:,} bytes; at most {MOST_BYTES:,} are allowed. Leave some out."
            raise refusal("unpacked_too_large", plan.root, sentence)
        return entries

    def _note_others(self, plan: Plan, root: str, notes: Notes) -> None:
        for kind, code, what in (
            ("link", "link", "a symbolic link, which is not followed and was left out"),
            ("module", "submodule", "a git submodule and was left out"),
        ):
            found = [entry.path for entry in self.others if entry.kind == kind and _lies_in(entry.path, root)]
            paths = [path[len(root) :].lstrip("/") for path in found]
            notes.warn_of_all(code, [path for path in paths if not plan.only or _is_chosen(path, plan.only)], what)

    def _read(self, entries: Sequence[Entry], *, cut: str) -> list[PackageFile]:
        executable = {entry.path for entry in entries if entry.executable}
        start = len(cut) + 1 if cut else 0
        read = self.tree.read([entry.path for entry in entries])
        return [PackageFile(path[start:], data, path in executable) for path, data in read]

    def _top(self) -> str:
        """The folder that everything lies in, as archives of one folder have it; "" if there is none."""
        top = ""
        while True:
            inside = [path[len(top) :].lstrip("/") for path in self.files if _lies_in(path, top)]
            firsts = {path.partition("/")[0] for path in inside}
            marked = any(path in (CATALOGUE_FILE, MANIFEST_FILE, SKILL_FILE, ".mcp.json") for path in inside)
            folders = {"skills", "commands", "agents", "hooks", ".claude-plugin"}
            if marked or len(firsts) != 1 or firsts & folders or any("/" not in path for path in inside):
                return top
            top = _join(top, firsts.pop())

    def _in_top(self, path: str) -> bool:
        return _lies_in(path, self.top)

    def _name(self, root: str) -> str:
        return (root or self.top).rpartition("/")[2] or self.tree.name


def _roots(paths: Sequence[str]) -> list[str]:
    """Folders below the top that hold a package of their own, none inside another."""
    found: set[str] = set()
    for path in paths:
        root = path.removesuffix(f"/{PLUGIN_FILE}")
        if root != path and root.count("/") < DEEPEST and not NEVER_ENTERED.intersection(root.split("/")):
            found.add(root)
    return sorted(root for root in found if not any(root != other and _lies_in(root, other) for other in found))


def _skill_roots(paths: Sequence[str]) -> list[str]:
    """Folders of skills, none inside another."""
    found = {path.rpartition("/")[0] for path in paths if path.rpartition("/")[2] == SKILL_FILE}
    inside = (root for root in found if root and root.count("/") < DEEPEST)
    return sorted(root for root in inside if not any(_lies_in(root, other) for other in _above(root) if other in found))


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _of_skills(entries: list[Entry], root: str, notes: Notes) -> list[Entry]:
    """Of a source that is too large the skills alone, with what describes them; the same where it has none."""
    start = len(root) + 1 if root else 0
    homes = {entry.path.rpartition("/")[0] for entry in entries if entry.path.rpartition("/")[2] == SKILL_FILE}
    if root in homes or not homes or any(entry.path[start:] in (PLUGIN_FILE, MANIFEST_FILE) for entry in entries):
        return entries
    kept = [
        entry
        for entry in entries
        if TOP_FILES.fullmatch(entry.path[start:]) or any(_lies_in(entry.path, home) for home in homes)
    ]
    left_out = [entry.path[start:] for entry in set(entries) - set(kept)]
    notes.warn_of_all("outside_skills", left_out, "outside every skill and left out, for the source is large")
    return kept


def _check(entry: Entry) -> None:
    path = entry.path
    if is_unsafe(path) or is_odd(path):
        sentence = f"{shown(path)!r} has a name that cannot be kept: too long, leading out, or with odd characters."
        raise refusal("odd_name", path, sentence)
    if entry.size > LARGEST_FILE:
        sentence = f"{shown(path)} has {entry.size:,} bytes; at most {LARGEST_FILE:,} are allowed. Leave it out."
        raise refusal("file_too_large", path, sentence)


def _is_chosen(path: str, only: Sequence[str]) -> bool:
    return bool(TOP_FILES.fullmatch(path)) or any(path == name or _lies_in(path, name) for name in only)


def _lies_in(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and name else folder or name
