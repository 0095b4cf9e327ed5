"""The files of a run, read for people: names, sizes, contents."""

from collections.abc import Sequence
from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from automatos.errors import NotFound
from tools.contract import FileEntry, ToolProblem
from tools.files import StoredRunFiles


def files_of(workspace_id: UUID, execution_id: UUID) -> Sequence[FileEntry]:
    """The run's files by name. Whether the caller may see the run is asked before."""
    return async_to_sync(StoredRunFiles(workspace_id, execution_id).list)()


def content_of(workspace_id: UUID, execution_id: UUID, name: str) -> bytes:
    """What is in one file; NotFound where there is none of this name."""
    try:
        return async_to_sync(StoredRunFiles(workspace_id, execution_id).read)(name)
    except ToolProblem:
        raise NotFound() from None


def download(workspace_id: UUID, execution_id: UUID, name: str) -> HttpResponse:
    """The file to keep. An agent wrote it, so no browser may show it as a page or guess what it is."""
    answer = HttpResponse(content_of(workspace_id, execution_id, name), content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
