"""An uploaded package, opened: a ZIP file, or a SKILL.md alone. `intake` does it in a process of its own."""

from automatos.errors import InvalidInput
from automatos.skill_format.archive import uploaded
from automatos.skill_format.trees import MemoryTree
from automatos.zip_directory import ArchiveRefused
from marketplace.packages.notes import storable
from marketplace.packages.package import PackageRefused, Refusal


def open_archive(data: bytes, filename: str = "package.zip") -> MemoryTree:
    """The files of an upload, in memory. Raises PackageRefused naming the entry and the limit."""
    try:
        return uploaded(data, filename)
    except ArchiveRefused as error:
        raise PackageRefused(Refusal(error.code, storable(error.entry), error.message)) from None
    except InvalidInput as error:
        raise PackageRefused(Refusal("not_a_package", "", error.message)) from None
