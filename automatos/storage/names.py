"""Where files that belong to a workspace are kept: `<kind>/<workspace>/…`."""

from typing import Literal, get_args
from uuid import UUID

from automatos.storage import objects

Kind = Literal["runs", "documents"]


def folder_of(kind: Kind, workspace_id: UUID) -> str:
    """The folder of a workspace's files of this kind."""
    return f"{kind}/{workspace_id}"


def remove_files_of(workspace_id: UUID) -> None:
    """Remove all of a workspace's files, for good."""
    for kind in get_args(Kind):
        objects.remove_folder(folder_of(kind, workspace_id))
