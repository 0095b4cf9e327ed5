"""Everything a source holds at one moment: its skills and the texts of their files, ready to be compared and stored."""

from collections.abc import Mapping
from dataclasses import dataclass

from automatos.skill_format.archive import uploaded
from automatos.skill_format.discovery import discover, texts
from automatos.skill_format.git import Limits
from automatos.skill_format.repository import Network, fetched
from automatos.skill_format.skill import Found, Skill
from automatos.skill_format.trees import Tree


@dataclass(frozen=True, slots=True)
class Snapshot:
    """commit: 40 hexadecimal digits, "" for an upload; files: text by the paths of skill and file."""

    commit: str
    found: Found
    files: Mapping[tuple[str, str], str]

    def texts_of(self, skill: Skill) -> dict[str, str]:
        """The text files of one of its skills, by path."""
        wanted = {(skill.path, file.path): file.path for file in skill.resources}
        return {path: self.files[key] for key, path in wanted.items() if key in self.files}


def from_repository(
    url: str, ref: str = "", folder: str = "", *, limits: Limits | None = None, network: Network | None = None
) -> Snapshot:
    """Fetch and read a repository or a folder of it. Raises InvalidInput (`url`, `ref`, `folder`) or Unavailable."""
    with fetched(url, ref, folder, limits=limits, network=network) as tree:
        return _of(tree, tree.commit)


def from_upload(data: bytes, filename: str) -> Snapshot:
    """Read an uploaded ZIP file or SKILL.md. Raises InvalidInput naming `file`."""
    return _of(uploaded(data, filename), "")


def _of(tree: Tree, commit: str) -> Snapshot:
    found = discover(tree)
    files = {(skill.path, file.path): text for skill, file, text in texts(tree, found.skills)}
    return Snapshot(commit, found, files)
