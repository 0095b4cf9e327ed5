"""What an update would change, for a person to read before it takes effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from automatos.skill_format.skill import Resource, Skill
from automatos.textdiff import Line, compare

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class FileChange:
    """A resource that is not what it was. before, after: None where there is no such file."""

    path: str
    kind: Kind
    before: Resource | None
    after: Resource | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A skill in both versions. tools_added: what its author newly asks to have pre-approved."""

    before: Skill
    after: Skill
    files: tuple[FileChange, ...]
    tools_added: tuple[str, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """Its SKILL.md compared, empty if only files changed or it moved."""
        return tuple(compare(as_text(self.before), as_text(self.after)))

    @property
    def moved(self) -> bool:
        """Whether it stands in another folder now."""
        return self.before.path != self.after.path


@dataclass(frozen=True, slots=True)
class Difference:
    """Between two versions of a source."""

    added: tuple[Skill, ...] = ()
    removed: tuple[Skill, ...] = ()
    changed: tuple[Changed, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def difference(old: Sequence[Skill], new: Sequence[Skill]) -> Difference:
    """What becomes of each skill. A skill is the same one in the same folder, else under the same name."""
    same = pairs(old, new)
    kept = {id(before) for before, _ in same}, {id(after) for _, after in same}
    return Difference(
        added=tuple(skill for skill in new if id(skill) not in kept[1]),
        removed=tuple(skill for skill in old if id(skill) not in kept[0]),
        changed=tuple(_changed(*pair) for pair in same if _differs(*pair)),
    )


def as_text(skill: Skill) -> str:
    """A skill as one text, front matter first, the same for the same skill wherever it came from."""
    fields: dict[str, Any] = {"name": skill.name, "description": skill.description}
    more = {"license": skill.license, "compatibility": skill.compatibility, "metadata": dict(skill.metadata)}
    fields |= {name: value for name, value in more.items() if value}
    if skill.allowed_tools:
        fields["allowed-tools"] = " ".join(skill.allowed_tools)
    fields |= skill.extra
    head = yaml.dump(fields, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=1_000_000)
    return f"---\n{head}---\n\n{skill.body}\n"


def file_lines(before: bytes | None, after: bytes | None) -> list[Line]:
    """Two contents of a resource compared; None where there is no such file."""
    try:
        return compare((before or b"").decode(), (after or b"").decode())
    except UnicodeDecodeError:
        sizes = [f"{len(data):,} bytes" if data is not None else "nothing" for data in (before, after)]
        return [Line("skip", f"Not a text: {sizes[0]} became {sizes[1]}.")]


def pairs(old: Sequence[Skill], new: Sequence[Skill]) -> list[tuple[Skill, Skill]]:
    """Each skill that is in both, as it was and as it is: the one in the same folder, else of the same name."""
    found: list[tuple[Skill, Skill]] = []
    for key in ("path", "name"):
        taken = {id(skill) for pair in found for skill in pair}
        left = {getattr(skill, key): skill for skill in reversed(old) if id(skill) not in taken}
        for skill in new:
            if id(skill) not in taken and (before := left.pop(getattr(skill, key), None)):
                found.append((before, skill))
    return found


def _differs(before: Skill, after: Skill) -> bool:
    return (before.digest, before.path) != (after.digest, after.path)


def _changed(before: Skill, after: Skill) -> Changed:
    return Changed(
        before=before,
        after=after,
        files=tuple(_files(_by_path(before), _by_path(after))),
        tools_added=tuple(tool for tool in after.allowed_tools if tool not in before.allowed_tools),
    )


def _files(before: Mapping[str, Resource], after: Mapping[str, Resource]) -> list[FileChange]:
    changes = []
    for path in sorted(before.keys() | after.keys()):
        was, is_now = before.get(path), after.get(path)
        if was is None or is_now is None or was.digest != is_now.digest:
            kind: Kind = "added" if was is None else "removed" if is_now is None else "changed"
            changes.append(FileChange(path, kind, was, is_now))
    return changes


def _by_path(skill: Skill) -> dict[str, Resource]:
    return {file.path: file for file in skill.resources}
