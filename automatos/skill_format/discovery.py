"""The skills in a tree of files: folders with a file named exactly SKILL.md, at the top, under `skills/` or anywhere.

How far to look follows the Agent Skills guide for clients (https://agentskills.io/client-implementation/adding-skills-support).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from automatos.paths import collisions, is_odd
from automatos.skill_format.beside import beside
from automatos.skill_format.plain_text import one_line, shorten, visible
from automatos.skill_format.reading import LONGEST_FILE, read_skill
from automatos.skill_format.skill import SKILL_FILE, Found, Resource, Skill, Skipped
from automatos.skill_format.trees import Entry, Tree

NEVER_ENTERED = frozenset({".git", "node_modules", "__pycache__", "__MACOSX"})
LFS_POINTER = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is looked at. Sizes are bytes; files and skill_bytes are for one skill, total_bytes for the source."""

    depth: int = 6
    folders: int = 2_000
    skills: int = 1_000
    files: int = 500
    file_bytes: int = 10_000_000
    skill_bytes: int = 20_000_000
    total_bytes: int = 50_000_000


def discover(tree: Tree, bounds: Bounds | None = None) -> Found:
    """Every skill of the tree, each file read once. What is left out is said in a warning or a reason."""
    search = _Search(tree, bounds or Bounds())
    homes = search.homes()
    files = search.files_of(homes)
    contents = _Contents.of(tree, [path for home in homes for path in files[home]])
    skills: list[Skill] = []
    for home in homes:
        read = search.skill(home, files[home], contents)
        if isinstance(read, Skill):
            skills.append(read)
        else:
            search.skipped.append(read)
    kept = _without_twins(skills, search.warnings)
    others = beside(tree, homes, NEVER_ENTERED)
    return Found(tuple(kept), tuple(search.skipped), tuple(search.warnings), others)


def texts(tree: Tree, skills: Sequence[Skill]) -> Iterator[tuple[Skill, Resource, str]]:
    """The content of every text file of these skills, which must come from this tree; all are read in one go."""
    wanted = [(skill, file) for skill in skills for file in skill.resources if file.kind == "text"]
    paths = [_join(skill.path, file.path) for skill, file in wanted]
    for (skill, file), (_, data) in zip(wanted, tree.read(paths), strict=True):
        yield skill, file, data.decode()


@dataclass(frozen=True, slots=True)
class _Contents:
    """What was read: a SKILL.md whole, of every file what a resource says of it."""

    texts: Mapping[str, bytes]
    facts: Mapping[str, Resource]
    pointers: frozenset[str]

    @classmethod
    def of(cls, tree: Tree, paths: Sequence[str]) -> "_Contents":
        texts, facts, pointers = {}, {}, set()
        for path, data in tree.read(paths):
            if _name(path) == SKILL_FILE:
                texts[path] = data
            elif data.startswith(LFS_POINTER):
                pointers.add(path)
            kind = "text" if _is_text(data) else "binary"
            facts[path] = Resource(path, len(data), kind, hashlib.sha256(data).hexdigest())  # type: ignore[arg-type]
        return cls(texts, facts, frozenset(pointers))


class _Search:
    """One pass over a listing."""

    def __init__(self, tree: Tree, bounds: Bounds) -> None:
        self.tree, self.bounds = tree, bounds
        self.warnings = list(tree.warnings)
        self.skipped: list[Skipped] = []
        self.notes: dict[str, list[str]] = {}
        self.entries = [entry for entry in tree.entries if not NEVER_ENTERED.intersection(entry.path.split("/"))]
        self.sizes = self._usable(self.entries)

    def homes(self) -> list[str]:
        """Folders with a SKILL.md, the topmost first."""
        folders = sorted({_folder(path) for path in self.sizes}, key=lambda folder: (_depth(folder), folder))
        reach = [folder for folder in folders if _depth(folder) <= self.bounds.depth]
        if len(reach) > self.bounds.folders:
            self.warnings.append(f"Only the topmost {self.bounds.folders:,} of {len(reach):,} folders were looked at.")
        found = [folder for folder in reach[: self.bounds.folders] if _join(folder, SKILL_FILE) in self.sizes]
        deep = [path for path in self.sizes if _name(path) == SKILL_FILE and _depth(_folder(path)) > self.bounds.depth]
        self._say(deep, f"deeper than {self.bounds.depth} folders and not looked at")
        misnamed = [path for path in self.sizes if _is_misnamed(path, self.sizes)]
        self._say(misnamed, f"not read: the name must be exactly {SKILL_FILE}")
        if len(found) > self.bounds.skills:
            self.warnings.append(f"{len(found):,} skills are here; only the first {self.bounds.skills:,} are offered.")
        return self._readable(found[: self.bounds.skills])

    def files_of(self, homes: Sequence[str]) -> dict[str, list[str]]:
        """SKILL.md and resources of each home, within the bounds. A file belongs to the deepest home above it."""
        owned: dict[str, list[str]] = {home: [] for home in homes}
        every = {_folder(path) for path in self.sizes if _name(path) == SKILL_FILE}
        for path in sorted(self.sizes):
            home = _home(path, every)
            if home in owned and _name(path) != SKILL_FILE and not _is_hidden(path, home):
                owned[home].append(path)
        self._note_links(owned, every)
        left = self.bounds.total_bytes - sum(self.sizes[_join(home, SKILL_FILE)] for home in homes)
        files = {}
        for home in homes:
            kept = self._within(home, owned[home], left)
            left -= sum(self.sizes[path] for path in kept)
            files[home] = [_join(home, SKILL_FILE), *kept]
        return files

    def skill(self, home: str, files: Sequence[str], contents: _Contents) -> Skill | Skipped:
        """The skill of a home with its resources, digest and every warning."""
        manifest, rest = files[0], files[1:]
        read = read_skill(contents.texts[manifest], path=home, otherwise=self.tree.name)
        if isinstance(read, Skipped):
            return read
        facts = [replace(contents.facts[path], path=_under(home, path)) for path in rest]
        notes = list(self.notes.get(home, ()))
        if pointers := [path for path in rest if path in contents.pointers]:
            notes.append(_sentence(pointers, "kept outside git (LFS); only a pointer is here"))
        digest = _digest([replace(contents.facts[manifest], path=SKILL_FILE), *facts])
        return replace(read, resources=tuple(facts), warnings=(*read.warnings, *notes), digest=digest)

    def _usable(self, entries: Iterable[Entry]) -> dict[str, int]:
        """Size by path of every file that may be used; the rest is said."""
        files = [entry for entry in entries if entry.kind == "file"]
        odd = {entry.path for entry in files if is_odd(entry.path)}
        doubled = set(collisions(entry.path for entry in files))
        self._say(odd, "left out: the path is too long or has characters that cannot be shown")
        self._say(doubled - odd, "left out: another file has the same name but for upper and lower case")
        self._say([entry.path for entry in entries if entry.kind == "module"], "a git submodule and left out")
        manifests = [entry.path for entry in entries if entry.kind == "link" and _name(entry.path) == SKILL_FILE]
        self._say(manifests, "a symbolic link and not followed")
        return {entry.path: entry.size for entry in files if entry.path not in odd | doubled}

    def _readable(self, homes: Sequence[str]) -> list[str]:
        """Homes whose SKILL.md is not too large; the others are skipped, unread."""
        kept, left = [], self.bounds.total_bytes
        for home in homes:
            size = self.sizes[path := _join(home, SKILL_FILE)]
            if size > LONGEST_FILE:
                self.skipped.append(Skipped(path, f"It has {size:,} bytes, and at most {LONGEST_FILE:,} are read."))
            elif size > left:
                self.skipped.append(Skipped(path, f"The skills before it fill the {self.bounds.total_bytes:,} bytes."))
            else:
                kept.append(home)
                left -= size
        return kept

    def _within(self, home: str, paths: Sequence[str], left: int) -> list[str]:
        """Those resources that the bounds allow; the rest is noted at the skill."""
        room = min(left, self.bounds.skill_bytes)
        kept: list[str] = []
        large: list[str] = []
        beyond: list[str] = []
        for path in paths:
            size = self.sizes[path]
            if size > self.bounds.file_bytes:
                large.append(path)
            elif size > room or len(kept) == self.bounds.files:
                beyond.append(path)
            else:
                kept.append(path)
                room -= size
        self._note(home, large, f"larger than {self.bounds.file_bytes:,} bytes and left out")
        limits = f"{self.bounds.files:,} files and {self.bounds.skill_bytes:,} bytes a skill"
        in_all = f"{self.bounds.total_bytes:,} bytes in all"
        self._note(home, beyond, f"left out because a limit is reached ({limits}, {in_all})")
        return kept

    def _note_links(self, owned: Mapping[str, object], every: set[str]) -> None:
        links: dict[str, list[str]] = {}
        for entry in self.entries:
            home = _home(entry.path, every)
            if entry.kind == "link" and _name(entry.path) != SKILL_FILE and home is not None and home in owned:
                links.setdefault(home, []).append(entry.path)
        for home, paths in links.items():
            if home or len(owned) == 1:
                self._note(home, paths, "a symbolic link and not followed")

    def _note(self, home: str, paths: Iterable[str], what: str) -> None:
        if paths := list(paths):
            self.notes.setdefault(home, []).append(_sentence(paths, what))

    def _say(self, paths: Iterable[str], what: str) -> None:
        if paths := sorted(paths):
            self.warnings.append(_sentence(paths, what))


def _without_twins(skills: Sequence[Skill], warnings: list[str]) -> list[Skill]:
    """One of each: repositories carry the same skill once for every client. Same name, other content: both stay."""
    first: dict[str, Skill] = {}
    for skill in skills:
        first.setdefault(skill.digest, skill)
    if left_out := len(skills) - len(first):
        warnings.append(f"{left_out:,} copies of skills with the very same files were left out.")
    kept = list(first.values())
    doubled = [name for name, count in Counter(skill.name for skill in kept).items() if count > 1]
    if doubled:
        shown = ", ".join(doubled[:10]) + (f" and {len(doubled) - 10} more" if len(doubled) > 10 else "")
        warnings.append(f"Several different skills have the same name: {shown}.")
    return kept


def _digest(files: Iterable[Resource]) -> str:
    listing = "".join(f"{file.path}\0{file.digest}\n" for file in files)
    return hashlib.sha256(listing.encode()).hexdigest()


def _is_text(data: bytes) -> bool:
    if b"\x00" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_misnamed(path: str, sizes: Mapping[str, int]) -> bool:
    return (
        _name(path) != SKILL_FILE
        and _name(path).upper() == SKILL_FILE.upper()
        and _join(_folder(path), SKILL_FILE) not in sizes
    )


def _is_hidden(path: str, home: str) -> bool:
    """Whether it lies in a folder such as .github, or is a file such as .DS_Store, below its home."""
    return any(part.startswith(".") for part in _under(home, path).split("/"))


def _home(path: str, homes: set[str]) -> str | None:
    """The deepest of these folders the path lies in."""
    folder = _folder(path)
    while folder not in homes:
        if not folder:
            return None
        folder = _folder(folder)
    return folder


def _sentence(paths: Sequence[str], what: str) -> str:
    shown = shorten(one_line(visible(paths[0])[0]), 120)
    if len(paths) == 1:
        return f"{shown} is {what}."
    return f"{len(paths):,} files, for example {shown}: {what}."


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _under(home: str, path: str) -> str:
    return path[len(home) + 1 :] if home else path


def _depth(folder: str) -> int:
    return folder.count("/") + 1 if folder else 0
