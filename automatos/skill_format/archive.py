"""Skills that a person uploads: a ZIP file, or a SKILL.md alone."""

from automatos.errors import wrong_field
from automatos.skill_format.reading import LONGEST_FILE
from automatos.skill_format.skill import SKILL_FILE
from automatos.skill_format.trees import MemoryTree
from automatos.zip_files import ZipLimits, looks_like_zip, unpack


def uploaded(data: bytes, filename: str, *, limits: ZipLimits | None = None) -> MemoryTree:
    """The files of an upload. filename: as the browser names it; a skill without a name is called after it.

    Raises InvalidInput under `file`, naming the file and the limit.
    """
    base = filename.replace("\\", "/").rpartition("/")[2]
    stem, _, ending = base.rpartition(".")
    if looks_like_zip(data) or ending.lower() == "zip":
        found = unpack(data, limits=limits)
        return MemoryTree(found.files, name=stem, executable=found.executable, links=found.links)
    if ending.lower() not in ("md", "markdown", "txt"):
        sentence = f"Upload a ZIP file or a {SKILL_FILE}; {base[:80] or 'this'} is neither."
        raise wrong_field("file", sentence)
    if len(data) > LONGEST_FILE:
        sentence = f"{base[:80]} has {len(data):,} bytes; at most {LONGEST_FILE:,} are allowed."
        raise wrong_field("file", sentence)
    return MemoryTree({SKILL_FILE: data}, name="" if base.upper() == SKILL_FILE.upper() else stem)
