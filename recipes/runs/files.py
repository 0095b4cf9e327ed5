"""The files of a run, read for people: names, sizes, contents."""

from collections.abc import Sequence
from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import content_disposition_header

from automatos.errors import NotFound
from automatos.storage import objects
from tools.contract import FileEntry, ToolProblem
from tools.files import StoredRunFiles, clean_name


def files_of(workspace_id: UUID, execution_id: UUID) -> Sequence[FileEntry]:
    """The run's files by name. Whether the caller may see the run is asked before."""
    return async_to_sync(StoredRunFiles(workspace_id, execution_id).list)()


def content_of(workspace_id: UUID, execution_id: UUID, name: str) -> bytes:
    """What is in one file; NotFound where there is none of this name."""
    try:
        return async_to_sync(StoredRunFiles(workspace_id, execution_id).read)(name)
    except ToolProblem:
        raise NotFound() from None


def sent_with(workspace_id: UUID, execution_id: UUID, name: str) -> bytes:
    """What is in a file that the run began with, as it was sent, whatever was written under its name since.

    NotFound where there is none.
    """
    try:
        return async_to_sync(StoredRunFiles(workspace_id, execution_id).sent)(name)
    except (ToolProblem, FileNotFoundError):
        raise NotFound() from None


def link_to(workspace_id: UUID, execution_id: UUID, name: str) -> str | None:
    """A signed address of one file; None where the product sends it. NotFound where there is none of this name."""
    if not settings.FILES_LINKS:
        return None
    try:
        path = async_to_sync(StoredRunFiles(workspace_id, execution_id).path_of)(_known(name))
    except FileNotFoundError:
        raise NotFound() from None
    return objects.link(path, filename=name)


def _known(name: str) -> str:
    try:
        return clean_name(name)
    except ToolProblem:
        raise NotFound() from None


def download(workspace_id: UUID, execution_id: UUID, name: str) -> HttpResponse:
    """The file to keep. An agent wrote it, so no browser may show it as a page or guess what it is."""
    answer = HttpResponse(content_of(workspace_id, execution_id, name), content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def browser_download(workspace_id: UUID, execution_id: UUID, name: str) -> HttpResponse:
    """The same for a browser, which fetches a file of a bucket itself, at an address that is good for minutes.

    Not for programs: some send their API key along to wherever they are led.
    """
    address = link_to(workspace_id, execution_id, name)
    if address is None:
        return download(workspace_id, execution_id, name)
    redirect = HttpResponseRedirect(address)
    redirect.headers["Cache-Control"] = "no-store"
    redirect.headers["Referrer-Policy"] = "no-referrer"
    return redirect
