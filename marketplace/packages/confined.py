"""The job of `tools.confinement` that opens and reads packages. It knows no settings and no secrets."""

from collections.abc import Iterator, Sequence
from typing import Any

from automatos.skill_format.trees import Entry, Tree
from marketplace.packages.archive import open_archive
from marketplace.packages.package import PackageRefused, as_json
from marketplace.packages.reading import Reading, read_packages


def run(task: dict[str, Any], data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """task: filename of an upload, whose content is then `data`; or name and entries of a tree, whose files `data` is.

    Gives the reading as JSON, or a refusal; and for an upload its files one after the other, as `contents` lists them.
    """
    if "filename" not in task:
        reading = read_packages(_SentTree(task["name"], task["entries"], data))
        return reading_as_json(reading), []
    try:
        tree = open_archive(data, task["filename"])
    except PackageRefused as error:
        reading = Reading(refusals=(error.refusal,))
    else:
        reading = read_packages(tree)
    contents = {file.sha256: file.data for package in reading.packages for file in package.files}
    listed = [[digest, len(content)] for digest, content in contents.items()]
    return {**reading_as_json(reading), "contents": listed}, list(contents.values())


def reading_as_json(reading: Reading) -> dict[str, Any]:
    """The reading without the contents of files."""
    return {
        "packages": [as_json(package) for package in reading.packages],
        "refusals": [[refusal.code, refusal.entry, refusal.sentence] for refusal in reading.refusals],
        "warnings": [[warning.code, warning.entry, warning.sentence] for warning in reading.warnings],
        "elsewhere": dict(reading.elsewhere),
        "top": reading.top,
    }


class _SentTree(Tree):
    """Files that lie one after the other in what was sent; those too large to be kept were not."""

    def __init__(self, name: str, entries: Sequence[Sequence[Any]], data: bytes) -> None:
        self.name = name
        self.entries = [Entry(path, kind, size, executable) for path, kind, size, executable, _ in entries]
        self._data, self._places = memoryview(data), {}
        at = 0
        for path, _, size, _, sent in entries:
            if sent:
                self._places[path] = (at, at + size)
                at += size

    def read(self, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        for path in paths:
            start, end = self._places[path]
            yield path, bytes(self._data[start:end])
