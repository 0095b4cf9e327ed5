"""Files come: a new one becomes a document, one that is there already takes the place of its older text."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath, PurePosixPath
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from agents.knowledge.kinds import LONGEST_TITLE, Upload, media_type_of
from agents.knowledge.services import add, checked_title
from agents.knowledge.tasks import send_read
from agents.models import Document
from automatos.after_commit import after_commit
from automatos.storage import objects
from automatos.storage.names import folder_of
from workspaces.audit import log as audit
from workspaces.limits.plans import release_storage, require_storage
from workspaces.models import User, Workspace

LONGEST_NAME = 400
ENDING = re.compile(r"\.[a-z0-9]{1,10}")
UNSEEN = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class Outcome(StrEnum):
    """What became of a file that was sent."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Kept:
    """A file's document, and what became of the file."""

    document: Document
    outcome: Outcome

    @property
    def said(self) -> str:
        """A sentence for people."""
        title = self.document.title
        if self.outcome == Outcome.UNCHANGED:
            return f"{title} is there already, with the same bytes."
        if self.outcome == Outcome.REPLACED:
            return f"{title} gets the new file's text. It is being read; until then the text of before is found."
        return f"{title} was added. It is being read."


def upload(*, workspace: Workspace, user: User | None, file: Upload, title: str = "", keep_both: bool = False) -> Kept:
    """Keep a file and have it read. One of the same name, or with the same bytes, is the same document again.

    keep_both: make a new document even so. Raises InvalidInput naming `file` or `title`, PlanLimit without room.
    """
    kind = media_type_of(file)
    name, digest = name_of(file), hashlib.sha256(file.data).hexdigest()
    new_title = checked_title(title or _title_from(name))
    with transaction.atomic():
        # Two that send the same file at once make one document.
        list(Workspace.objects.select_for_update(no_key=True).filter(pk=workspace.pk).values_list("pk"))
        there = None if keep_both else _same(workspace, name, digest)
        if there is not None and there.digest == digest and there.status != Document.Status.ERROR:
            return Kept(there, Outcome.UNCHANGED)
        document = there or Document(workspace=workspace, title=new_title, kind=Document.Kind.UPLOAD)
        before = {"size": document.size, "file_name": document.file_name}
        _count(workspace, len(file.data) - document.size)
        # The name says nothing of the upload's own: that one may hold anything.
        stored = f"{folder_of('documents', workspace.pk)}/{uuid4()}{_ending(name)}"
        objects.write(stored, file.data)
        try:
            older, document.file = document.file, stored
            document.media_type, document.size = kind, len(file.data)
            document.file_name, document.digest = name, digest
            if there is None:
                return Kept(add(document, user), Outcome.ADDED)
            _read_anew(document, before, checked_title(title) if title else document.title)
        except BaseException:
            objects.remove(stored)
            raise
        after_commit(lambda: objects.remove(older))
        return Kept(document, Outcome.REPLACED)


def name_of(file: Upload) -> str:
    """The file's name with its folders, as documents are told apart by; its end where it is very long.

    macOS takes letters with accents apart: the same file comes with two spellings of its name, and is one document.
    """
    whole = unicodedata.normalize("NFC", UNSEEN.sub("", file.name))
    parts = [part for part in re.split(r"[/\\]+", whole) if part.strip(". ")]
    return "/".join(parts)[-LONGEST_NAME:]


def _same(workspace: Workspace, name: str, digest: str) -> Document | None:
    """The document this file was before: of its name, else with its bytes."""
    rows = Document.objects.select_for_update(of=("self",)).defer("text").order_by("-created_at")
    rows = rows.filter(workspace=workspace, kind=Document.Kind.UPLOAD, deleted_at=None)
    named: QuerySet[Document] = rows.filter(file_name=name) if name else rows.none()
    # Before names were kept a file gave its title, and its ending to where it is stored.
    older = rows.filter(file_name="", title=_title_from(name), file__endswith=_ending(name) or "-")
    return named.first() or rows.filter(digest=digest).first() or older.first()


def _read_anew(document: Document, before: dict[str, object], title: str) -> None:
    document.title = title
    document.status, document.error, document.attempts = Document.Status.WAITING, "", 0
    document.updated_at, document.reading_since = timezone.now(), None
    document.save(
        update_fields=[
            *("title", "status", "error", "attempts", "updated_at", "reading_since"),
            *("file", "media_type", "size", "file_name", "digest"),
        ]
    )
    after = {"size": document.size, "file_name": document.file_name}
    audit.record_row("document.replaced", document, before=before, after=after)
    after_commit(lambda: send_read(document.workspace_id, document.pk))


def _count(workspace: Workspace, more: int) -> None:
    if more >= 0:
        require_storage(workspace, more)
    else:
        release_storage(workspace, -more)


def _title_from(name: str) -> str:
    """The name without its ending. Within a folder its folders tell it from files of the same name."""
    return str(PurePosixPath(name).with_suffix("") if _ending(name) else PurePosixPath(name))[-LONGEST_TITLE:]


def _ending(name: str) -> str:
    """How the name ends, such as `.pdf`; empty for what is no ending, but a sentence behind a full stop."""
    ending = PurePath(name).suffix.lower()
    return ending if ENDING.fullmatch(ending) else ""
