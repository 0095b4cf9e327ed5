"""The ways in: an upload or a git repository becomes packages. What is hostile is opened in a process of its own.

Ten seconds and 300 MB are all it may cost. The bytes that were read there are the ones that come back with the package.
"""

from collections.abc import Callable, Mapping
from typing import Any

from asgiref.sync import async_to_sync

from automatos.errors import wrong_field
from automatos.paths import is_odd, is_unsafe
from automatos.skill_format.git import Limits
from automatos.skill_format.repository import GitTree, Network, fetched
from automatos.skill_format.trees import Entry, EntryKind
from automatos.zip_files import ZipLimits
from marketplace.packages.package import PackageFile, PackageRefused, PackageWarning, Refusal, from_json
from marketplace.packages.reading import LARGEST_FILE, Reading
from tools import confinement
from tools.contract import ToolProblem

JOB = "marketplace.packages.confined"
SECONDS = 10.0
MEMORY = 300_000_000
# Of a repository, of which each package may be as large as any.
MOST_SOURCE_BYTES = 80_000_000


def take_upload(data: bytes, filename: str) -> Reading:
    """The packages of a ZIP file or a SKILL.md, with their files. Raises PackageRefused under `file` if there is none.

    filename: as the browser names it; a package without a name is called after it.
    """
    most = ZipLimits().packed
    if len(data) > most:
        sentence = f"The file has {len(data):,} bytes; at most {most:,} are allowed."
        raise PackageRefused(Refusal("too_large", "", sentence))
    result, contents = _confined({"filename": filename[-200:]}, data)
    known, at = {}, 0
    for digest, size in result["contents"]:
        known[digest] = contents[at : at + size]
        at += size
    return _reading(result, lambda _root, _path, fact: known[fact["sha256"]])


def take_repository(
    url: str, ref: str = "", folder: str = "", *, limits: Limits | None = None, network: Network | None = None
) -> Reading:
    """The packages of a public git repository at a branch, tag or commit; `commit` says which one it was.

    folder: read this one alone, "" for all. Raises InvalidInput naming `url`, `ref` or `folder`, PackageRefused if
    there is no package, or Unavailable when trying again later may help.
    """
    folder = checked_folder(folder)
    with fetched(url, ref, limits=limits, network=network) as tree:
        entries = _entries(tree, folder)
        paths = [_join(folder, path) for path, _, _, _, sent in entries if sent]
        files = dict(tree.read(paths))
        commit, name = tree.commit, folder.rpartition("/")[2] or tree.name
    result, _ = _confined({"name": name, "entries": entries}, b"".join(files.values()))
    top = _join(folder, result["top"])
    return _reading(result, lambda root, path, _fact: files[_join(_join(top, root), path)], commit=commit)


def checked_folder(text: str) -> str:
    """A folder of a repository, without slashes at its ends. Raises InvalidInput naming `folder`."""
    folder = text.strip().strip("/")
    if folder and (is_unsafe(folder) or is_odd(folder)):
        raise wrong_field("folder", "This is no folder of a repository: write its path from the top, without `..`.")
    return folder


def _entries(tree: GitTree, folder: str) -> list[tuple[str, EntryKind, int, bool, bool]]:
    """Path from the folder, kind, size, mode and whether its content is sent, for each entry in the folder."""
    start = f"{folder}/" if folder else ""
    found = [
        (entry.path[len(start) :], entry.kind, entry.size, entry.executable, _is_sent(entry))
        for entry in tree.entries
        if entry.path.startswith(start)
    ]
    if not found:
        raise wrong_field("folder", "The repository has no such folder at this commit. Check the spelling.")
    total = sum(size for _, _, size, _, sent in found if sent)
    if total > MOST_SOURCE_BYTES:
        raise wrong_field(
            "folder",
            f"These are {total:,} bytes; at most {MOST_SOURCE_BYTES:,} are read. Name a folder of the repository.",
        )
    return found


def _is_sent(entry: Entry) -> bool:
    return entry.kind == "file" and entry.size <= LARGEST_FILE


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and name else folder or name


def _confined(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """What the process apart found. Raises PackageRefused when it broke a limit."""
    try:
        return async_to_sync(confinement.run)(
            JOB, task, data, seconds=SECONDS, memory=MEMORY, answer_bytes=MOST_SOURCE_BYTES
        )
    except ToolProblem as problem:
        sentence = f"It could not be read within {SECONDS:g} seconds and {MEMORY // 1_000_000} MB. Make it smaller."
        raise PackageRefused(Refusal("too_costly", "", sentence)) from problem


def _reading(
    result: Mapping[str, Any], content: Callable[[str, str, Mapping[str, Any]], bytes], commit: str = ""
) -> Reading:
    """The reading with its files' contents, the very ones that were read. Raises PackageRefused if it is empty."""
    refusals = tuple(Refusal(*listed) for listed in result["refusals"])
    if not result["packages"]:
        raise PackageRefused(refusals[0])
    packages = []
    for value in result["packages"]:
        files = []
        for fact in value["files"]:
            file = PackageFile(fact["path"], content(value["root"], fact["path"], fact), fact["executable"])
            if file.sha256 != fact["sha256"]:
                raise RuntimeError("The bytes that were read are not the bytes that would be kept.")
            files.append(file)
        packages.append(from_json(value, files))
    warnings = tuple(PackageWarning(*listed) for listed in result["warnings"])
    return Reading(tuple(packages), refusals, warnings, result["elsewhere"], commit)
