"""Where the file storage keeps what belongs to a workspace: `<kind>/<workspace>/…`."""

from typing import Literal, get_args
from uuid import UUID

from django.core.files.storage import default_storage

Kind = Literal["runs", "documents"]


def folder_of(kind: Kind, workspace_id: UUID) -> str:
    """The folder of a workspace's files of this kind."""
    return f"{kind}/{workspace_id}"


def remove_files_of(workspace_id: UUID) -> None:
    """Remove all of a workspace's files, for good."""
    for kind in get_args(Kind):
        remove_folder(folder_of(kind, workspace_id))


def remove_folder(folder: str) -> int:
    """Remove a folder with all that is in it; how many bytes its files were. Nothing where there is none."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return 0
    freed = 0
    for name in files:
        freed += default_storage.size(f"{folder}/{name}")
        default_storage.delete(f"{folder}/{name}")
    freed += sum(remove_folder(f"{folder}/{name}") for name in folders)
    default_storage.delete(folder)
    return freed
